"""The sign-in as page loads, what pages say, and where a request was turned down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.diagnosis.browsing import (
    answered_refusal,
    callback,
    end_of_sign_in,
    internal_redirect,
    is_internal,
    loads,
    page_text,
    posts_to,
    refusal,
    sign_in,
    way_back_as_json,
)
from harness.model.trace import Exchange, Response, Step
from scenarios.hand_made import recorded, traffic

BACK = "https://claude.ai/api/mcp/auth_callback"
ASKED = (
    "https://auth.example.com/authorize?client_id=c-1&state=s-1&scope=a+b"
    "&redirect_uri=https%3A%2F%2Fclaude.ai%2Fapi%2Fmcp%2Fauth_callback"
)
HTML = (("Content-Type", "text/html"),)


def asked(status: int = 200, location: str | None = None, answer: bytes = b"") -> Exchange:
    headers = (("Location", location),) if location else HTML
    return recorded(Step.AUTHORIZE, ASKED, status=status, headers=headers, answer=answer)


def posted(status: int, location: str | None = None, answer: bytes = b"") -> Exchange:
    headers = (("Location", location),) if location else HTML
    return recorded(
        Step.LOGIN,
        "https://auth.example.com/consent",
        method="POST",
        status=status,
        headers=headers,
        answer=answer,
    )


def page(text: str) -> Response:
    return Response(status=200, headers=HTML, body=text.encode())


def test_redirects_belong_to_the_load_they_are_part_of() -> None:
    code = f"{BACK}?code=x&state=s-1"
    trace = traffic(asked(), posted(302, code), recorded(Step.CALLBACK, code))
    found = loads(trace)
    assert [[one.n for one in load.hops] for load in found] == [[1], [2, 3]]
    assert found[0].page is None
    assert found[1].page is found[0].last
    assert callback(trace) is trace.exchanges[2]
    assert end_of_sign_in(trace) is None
    assert refusal(trace) is None


def test_only_the_latest_sign_in_counts() -> None:
    code = f"{BACK}?code=x&state=s-1"
    trace = traffic(asked(302, code), recorded(Step.CALLBACK, code), asked(400, answer=b"no"))
    assert [load.last.n for load in sign_in(trace)] == [3]
    assert callback(trace) is None
    found = refusal(trace)
    assert found is not None
    assert (found.exchange.n, found.error, found.said) == (3, "", "no")


@pytest.mark.parametrize(
    ("exchange", "error", "said"),
    [
        (asked(302, f"{BACK}?error=invalid_scope&error_description=b"), "invalid_scope", "b"),
        (asked(400, answer=b'{"error": "invalid_request"}'), "invalid_request", None),
        (asked(403, answer=b"<p>No&nbsp;<b>entry</b></p>"), "", "No entry"),
    ],
)
def test_a_refusal_is_read_from_redirects_json_and_pages(
    exchange: Exchange, error: str, said: str | None
) -> None:
    found = answered_refusal(exchange)
    assert found is not None
    assert found.error == error
    assert said is None or found.said == said


def test_a_page_and_a_redirect_are_no_refusal() -> None:
    assert answered_refusal(asked()) is None
    assert answered_refusal(asked(302, f"{BACK}?code=x")) is None


def test_an_error_at_the_callback_is_a_refusal_unless_a_code_came_too() -> None:
    for more, refused in (("", True), ("&code=x", False)):
        back = f"{BACK}?error=access_denied&state=s-1{more}"
        found = refusal(traffic(asked(302, back), recorded(Step.CALLBACK, back)))
        assert (found is not None) is refused


def test_scripts_and_styles_are_not_what_a_page_says() -> None:
    text = "<style>b{}</style><h1>Sorry</h1><script>if (a<b) x('</p>')</script>wrong &amp; old"
    assert page_text(page(f"<!doctype html>{text}")) == "Sorry wrong & old"


@given(st.text(alphabet="<>/abscriptfom =\"'&;!-", max_size=200))
def test_no_page_makes_the_reader_fail(text: str) -> None:
    page_text(page(text))
    posts_to(page(text), BACK)


def test_a_form_that_posts_to_the_callback_is_found_in_any_order() -> None:
    assert posts_to(page(f"<form method=post action='{BACK}'>"), BACK)
    assert posts_to(page(f'<FORM action="{BACK}" id=f METHOD="POST">'), BACK)
    assert posts_to(page(f"<form action='{BACK}'>"), BACK) is None
    assert posts_to(page("<form method=post action='/consent'>"), BACK) is None


def test_the_way_back_in_json_is_found_at_any_member() -> None:
    told = posted(200, answer=f'{{"data": {{"url": "{BACK}?code=x"}}}}'.encode())
    found = way_back_as_json(traffic(asked(), told))
    assert found is not None
    assert found[1] == "data.url"
    other = posted(200, answer=b'{"url": "https://other.example.com/?code=x"}')
    assert way_back_as_json(traffic(asked(), other)) is None


@pytest.mark.parametrize(
    ("location", "inside"),
    [
        ("http://api:4000/login", True),
        ("http://10.0.0.7/login", True),
        ("https://auth.example.com/login", False),
        ("/login", False),
        (f"{BACK}?code=x", False),
    ],
)
def test_a_redirect_into_a_network_is_noticed(location: str, inside: bool) -> None:
    assert (internal_redirect(traffic(asked(302, location))) is not None) is inside


def test_public_names_and_addresses_are_not_internal() -> None:
    assert not is_internal("auth.example.com")
    assert not is_internal("8.8.8.8")
    assert is_internal("fd00::1")
    assert is_internal("svc.cluster.local")
