"""The consent was sent twice, or an old sign-in address was opened again.

What happens
    The user sees an error such as "authorization not found" or "consent could not be verified",
    although the first answer had already issued a code, and the connector often works. Two ways
    lead there: a second press on the button, and a Reconnect in Claude that opened an authorization
    address which had been used before.

Why it breaks
    The consent request is good for one answer. The second one finds it gone and the server says so,
    and the error page is what the browser shows last. The person pressed twice because the first
    press seemed to do nothing: look for a `form-action` policy that blocks the way back.

Fix
    Answer a repeated approval like the first one, by the same redirect, for a few seconds after it.
    And disable the button once it was pressed, after the form has been sent, because a button that
    is disabled earlier does not send its own name and value:

        form.addEventListener("submit", () => {
          setTimeout(() => (button.disabled = true));
        });

    For an address that was used before there is nothing to repair on the server: let the page say
    that the sign-in is over, and to start again in Claude. If Claude opens old addresses, report it
    with the time and the `ofid_` value.

    To try it, press Allow, and send the same POST again from the browser's network view: the answer
    has to be the first one's redirect, with the same code.
"""

from collections.abc import Iterator

from harness.diagnosis.browsing import answered_refusal, parameters
from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, status_evidence
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from harness.model.wellknown import query
from scenarios.effects import inferred
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.LOGIN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: inferred(Impact.DEGRADES)},
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("authorize.answers",),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/562", seen="2026-07-06"),
        Source("github.com/Umbrella-IT-Group/metamcp/issues/170", seen="2026-09-08"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    issued: dict[tuple[str, str, bytes], Exchange] = {}
    done: dict[str, Exchange] = {}
    for one in trace.exchanges:
        if one.purpose not in (Purpose.AUTHORIZE, Purpose.PAGE) or one.exploration:
            continue
        same = (one.request.method, one.request.url, one.request.body)
        state = parameters(one).get("state") if one.purpose is Purpose.AUTHORIZE else None
        before = done.get(state) if state else issued.get(same) if same[0] == "POST" else None
        if before is not None and answered_refusal(one) is not None:
            location = (before.response.header("location") or "") if before.response else ""
            address = f"{location.partition('?')[0]}?code=..."
            yield evidence(before, "response.header.location", address)
            yield status_evidence(one, "the same redirect")
            return
        back = query(one.response.header("location") or "") if one.response else {}
        if back.get("code"):
            issued[same] = one
            done[back.get("state", "")] = one


@pattern.recording
def recording() -> Trace:
    """Two presses on Approve, and a connection all the same."""
    back = "https://claude.ai/api/mcp/auth_callback"
    consent = "https://auth.example.com/consent"
    return traffic(
        recorded(
            Step.AUTHORIZE,
            "https://auth.example.com/authorize?response_type=code&client_id=c-1&state=s-1",
            headers=(("Content-Type", "text/html"),),
            answer=b"<form method=post action=/consent><button name=ok>Approve</button></form>",
        ),
        recorded(
            Step.LOGIN,
            consent,
            method="POST",
            body=b"ok=",
            status=302,
            headers=(("Location", f"{back}?code=x-1&state=s-1"),),
        ),
        recorded(
            Step.LOGIN,
            consent,
            method="POST",
            body=b"ok=",
            status=400,
            answer=b"authorization not found",
        ),
        recorded(Step.CALLBACK, f"{back}?code=x-1&state=s-1"),
        recorded(
            Step.TOKEN,
            "https://auth.example.com/token",
            method="POST",
            answer=b'{"access_token": "t-1", "token_type": "Bearer", "expires_in": 3600,'
            b' "refresh_token": "r-1"}',
        ),
        recorded(
            Step.CONNECT,
            "https://mcp.example.com/mcp",
            method="POST",
            sent=(("Authorization", "Bearer t-1"),),
        ),
    )
