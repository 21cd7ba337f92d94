"""Requests and responses in lines, and the quoted text found in them."""

import pytest
import tui_lab
from tui_lab import exchange

from harness.model.trace import Response, Step, TokenFacts
from harness.model.verdict import Evidence
from harness.tui.exchange_text import exchange_laid
from harness.tui.marks import marks
from harness.tui.wire import request_lines, response_lines

TOKEN = tui_lab.exchanges(400)[5]


def marked(place: str, quote: str, one: object = TOKEN, *, exact: bool = False) -> str | None:
    lines = (
        request_lines(one.request, exact=exact)
        if place.startswith("request")
        else response_lines(one, exact=exact)
    )
    found = marks(lines, [Evidence(exchange=6, place=place, quote=quote)])
    texts = [lines[index].whole[start:end] for index, (start, end) in sorted(found.items())]
    return "".join(texts) or None


@pytest.mark.parametrize(
    ("place", "quote", "found"),
    [
        ("response.status", "400", "400"),
        ("response.header.content-type", "application/json", "application/json"),
        ("response.body.error", "invalid_request", "invalid_request"),
        ("request.body.resource", tui_lab.TARGET, tui_lab.TARGET),
        ("request.method", "POST", "POST"),
        ("response.body.absent", "(absent)", None),
        ("response.header.location", "nowhere", None),
    ],
)
def test_a_quote_is_found_where_it_stands(place: str, quote: str, found: str | None) -> None:
    assert marked(place, quote) == found


def test_a_quote_of_the_body_is_found_in_its_pretty_form() -> None:
    quote = TOKEN.response.text[:40] + "…"
    text = marked("response.body", quote)
    assert text is not None
    assert '"error": "invalid_request",' in text


def test_a_member_is_found_on_its_own_line() -> None:
    one = exchange(
        6, Step.TOKEN, "GET", "https://a.example/", 200, got=b'{"other":"same","issuer":"same"}'
    )
    lines = response_lines(one, exact=False)
    found = marks(lines, [Evidence(exchange=6, place="response.body.issuer", quote="same")])
    (index,) = found
    assert '"issuer"' in lines[index].text


def test_an_event_stream_is_shown_as_its_messages() -> None:
    one = exchange(
        1,
        Step.SESSION,
        "POST",
        "https://a.example/",
        200,
        got=b'event: message\ndata: {"jsonrpc":"2.0","id":1}\n\n',
        got_headers=(("content-type", "text/event-stream"),),
    )
    assert '  "jsonrpc": "2.0",' in [line.text for line in response_lines(one, exact=False)]
    assert "event: message\n" in [line.text for line in response_lines(one, exact=True)]


def test_parameters_of_addresses_are_decoded() -> None:
    one = exchange(
        1,
        Step.AUTHORIZE,
        "GET",
        "https://a.example/authorize?scope=a%20b&state=s",
        302,
        got_headers=(("Location", "https://claude.ai/cb?code=c&state=s"),),
    )
    request = [line.whole for line in request_lines(one.request, exact=False)]
    assert request[:3] == [
        "GET https://a.example/authorize HTTP/1.1",
        "  scope a b",
        "  state s",
    ]
    response = [line.whole for line in response_lines(one, exact=False)]
    assert response[1:] == ["Location: https://claude.ai/cb", "  code  c", "  state s"]
    exact = [line.whole for line in request_lines(one.request, exact=True)]
    assert exact[0] == "GET https://a.example/authorize?scope=a%20b&state=s HTTP/1.1"


def test_what_is_missing_of_a_body_is_said() -> None:
    response = Response(status=200, body=b"x", truncated=True, encoding_error="no gzip")
    one = exchange(1, Step.TOKEN, "GET", "https://a.example/", 200)
    one = type(one)(**(vars(one) | {"response": response}))
    texts = [line.text for line in response_lines(one, exact=False)]
    assert "the body could not be decoded: no gzip" in texts
    assert "… the body ends here, cut off" in texts


def test_what_the_token_says_of_itself_is_shown() -> None:
    token = TokenFacts(kind="jwt", length=843, claims={"aud": ["a", "b"], "iss": "https://a"})
    one = exchange(1, Step.TOKEN, "POST", "https://a.example/", 200, token=token)
    texts = [line.whole for line in response_lines(one, exact=False)]
    assert "the access token: jwt, 843 characters" in texts
    assert '  aud ["a", "b"]' in texts
    assert "  iss https://a" in texts


def test_the_first_evidence_decides_where_the_page_opens() -> None:
    evidence = (
        Evidence(exchange=6, place="response.body.error", quote="invalid_request"),
        Evidence(exchange=6, place="response.status", quote="400"),
    )
    laid = exchange_laid(TOKEN, evidence, exact=False, width=60)
    assert laid.mark is not None
    assert "invalid_request" in laid.lines[laid.mark].plain
    other = exchange_laid(TOKEN, evidence[1:], exact=False, width=60)
    assert other.mark is not None
    assert "400 Bad Request" in other.lines[other.mark].plain
