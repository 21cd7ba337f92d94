"""The classifier names what the simulated client does as its own tags do, and is total."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live import checked

from harness.client.choices import Choices, Registration
from harness.diagnosis.classify import classify
from harness.diagnosis.known import Known, Label, learned
from harness.model.trace import Exchange, Purpose, Request, Response, Step, Trace, Voice
from harness.model.verdict import Surface
from harness.recording.file import load
from harness.run.check import Plan

EXAMPLES = Path(__file__).parents[2] / "recordings" / "examples"
TARGET = "https://mcp.example.com/mcp"
KNOWN = Known(
    target=TARGET,
    pointers=frozenset({"https://mcp.example.com/meta"}),
    issuers=frozenset({"https://auth.example.com/tenant"}),
    endpoints={"token_endpoint": frozenset({"https://auth.example.com/token"})},
    redirect_uris=frozenset({"http://localhost:3118/callback"}),
)

urls = st.sampled_from(
    [
        TARGET,
        f"{TARGET}/",
        "https://mcp.example.com/meta",
        "https://mcp.example.com/.well-known/oauth-protected-resource/mcp",
        "https://auth.example.com/.well-known/openid-configuration",
        "https://auth.example.com/token",
        "https://auth.example.com/authorize?client_id=a&response_type=code",
        "http://localhost:3118/callback?code=1&state=2",
        "http://[::1",
        "nonsense",
    ]
) | st.text(max_size=60)
requests = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT"]) | st.text(),
    url=urls,
    headers=st.lists(
        st.tuples(st.sampled_from(["User-Agent", "Authorization", "X-Other"]), st.text())
    ).map(tuple),
    body=st.binary()
    | st.sampled_from(
        [b'{"method":"initialize"}', b'[{"method":"tools/list"}]', b"grant_type=refresh_token"]
    ),
)
responses = st.none() | st.builds(
    Response,
    status=st.sampled_from([200, 201, 302, 401, 403, 500]),
    headers=st.sampled_from(
        [
            (),
            (("Location", "https://other.example.com/x"),),
            (("Location", "http://[::1"),),
            (("WWW-Authenticate", 'Bearer resource_metadata="https://mcp.example.com/m"'),),
        ]
    ),
    body=st.binary()
    | st.sampled_from([b'{"authorization_servers":["https://a.example.com",1]}', b"[]"]),
)


@given(requests)
def test_every_request_has_a_label_and_always_the_same(request: Request) -> None:
    assert classify(request, KNOWN) == classify(request, KNOWN)


@given(requests, responses)
def test_nothing_an_exchange_holds_breaks_what_is_known(
    request: Request, response: Response | None
) -> None:
    label = classify(request, KNOWN)
    exchange = Exchange(
        n=1,
        step=label.step,
        purpose=label.purpose,
        voice=label.voice,
        request=request,
        response=response,
    )
    after = learned(KNOWN, exchange)
    assert set(KNOWN.addresses()) <= set(after.addresses())
    classify(request, after)


@given(requests, st.text().filter(lambda text: text.lower() not in ("user-agent", "authorization")))
def test_a_header_of_no_meaning_changes_nothing(request: Request, name: str) -> None:
    more = replace(request, headers=(*request.headers, (name, "value")))
    assert classify(more, KNOWN) == classify(request, KNOWN)


def relabelled(trace: Trace) -> list[tuple[Label, Label]]:
    """Each exchange's own label and the classifier's, of those that Claude sends."""
    known, pairs = Known(target=trace.target), []
    for one in trace.exchanges:
        if one.exploration:
            continue
        found = classify(one.request, known)
        pairs.append((Label(one.step, one.purpose, one.voice), found))
        known = learned(
            known, replace(one, step=found.step, purpose=found.purpose, voice=found.voice)
        )
    return pairs


@pytest.mark.parametrize("surface", [Surface.CLAUDE_AI, Surface.CLAUDE_CODE])
@pytest.mark.parametrize("registration", [Registration.AUTO, Registration.DCR])
async def test_it_agrees_with_the_tags_of_a_whole_run(
    surface: Surface, registration: Registration, tmp_path: Path
) -> None:
    choices = Choices(target="", registration=registration)
    outcome = await checked(tmp_path / "run.jsonl", plan=Plan(choices=choices, surface=surface))
    pairs = relabelled(outcome.trace)
    assert len(pairs) > 8
    assert [found for _, found in pairs] == [own for own, _ in pairs]


def asked(url: str, method: str = "GET", *, agent: str = "", body: bytes = b"") -> Request:
    return Request(method=method, url=url, headers=(("User-Agent", agent),), body=body)


@pytest.mark.parametrize(
    ("request_", "step", "purpose"),
    [
        (asked("https://mcp.example.com/meta"), Step.RESOURCE_METADATA, Purpose.METADATA_POINTER),
        (
            asked("https://auth.example.com/.well-known/oauth-authorization-server"),
            Step.SERVER_METADATA,
            Purpose.RFC8414_ROOT,
        ),
        (
            asked("https://auth.example.com/tenant/.well-known/openid-configuration"),
            Step.SERVER_METADATA,
            Purpose.OIDC_APPENDED,
        ),
        (asked("https://auth.example.com/token", "POST"), Step.TOKEN, Purpose.TOKEN),
        (
            asked("https://x.example.com/t", "POST", body=b"grant_type=refresh_token"),
            Step.REFRESH,
            Purpose.REFRESH,
        ),
        (
            asked("https://x.example.com/r", "POST", body=b'{"redirect_uris":[]}'),
            Step.REGISTRATION,
            Purpose.REGISTER,
        ),
        (asked(TARGET, "DELETE"), Step.SESSION, Purpose.END_SESSION),
        (asked("https://mcp.example.com/"), Step.REACH, Purpose.OTHER),
        (asked("https://x.example.com/a", agent="Mozilla/5.0"), Step.LOGIN, Purpose.PAGE),
    ],
)
def test_requests_are_known_by_what_they_ask(
    request_: Request, step: Step, purpose: Purpose
) -> None:
    found = classify(request_, KNOWN)
    assert (found.step, found.purpose) == (step, purpose)


def test_a_redirected_request_stays_what_it_was() -> None:
    first = asked("https://mcp.example.com/meta")
    moved = Response(status=307, headers=(("Location", "/elsewhere"),))
    known = learned(
        KNOWN,
        Exchange(
            n=1,
            step=Step.RESOURCE_METADATA,
            purpose=Purpose.METADATA_POINTER,
            voice=Voice.BROKER,
            request=first,
            response=moved,
        ),
    )
    found = classify(asked("https://mcp.example.com/elsewhere"), known)
    assert found == Label(Step.RESOURCE_METADATA, Purpose.METADATA_POINTER, Voice.BROKER)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.jsonl")), ids=lambda file: file.stem)
def test_recordings_have_the_labels_they_were_made_with(file: Path) -> None:
    pairs = relabelled(load(file))
    assert [found for _, found in pairs] == [own for own, _ in pairs]
