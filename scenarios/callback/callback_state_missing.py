"""The way back to Claude lacks the state.

What happens
    The browser comes to Claude's callback with a code and without `state`. Claude answers with a
    bare `state: Field required`, and the token endpoint is never called. Two people saw that text
    although they found both values in their redirect, and one of them connected with Claude Code:
    if this run does not show the failure and Claude does, look at what stands between the server
    and the browser.

Why it breaks
    Claude sends `state` with the authorization request, and the server has to return it unchanged
    (RFC 6749 section 4.1.2). Without it Claude cannot tell whose sign-in this is. It is lost when
    the login or consent page does not carry it on, or when the redirect is built from `code` alone.

Fix
    Keep `state` with the authorization request, and put it into the redirect wherever the request
    had one, beside `code` and beside `error`. In Express:

        const back = new URL(redirectUri);
        back.searchParams.set("code", code);
        if (state !== undefined) back.searchParams.set("state", state);
        response.redirect(303, back.href);

    With the Python SDK `construct_redirect_uri(uri, code=code, state=params.state)` does the same,
    and leaves out what is `None`.

    A request without a challenge is refused by redirect where PKCE is required, and has to bring
    `state=x` back (ID is a registered client):

        curl -si -G https://YOUR-AUTHORIZATION-ENDPOINT \\
          -d response_type=code -d client_id=ID -d state=x \\
          --data-urlencode redirect_uri=https://claude.ai/api/mcp/auth_callback \\
          | grep -i '^location'
"""

from collections.abc import Iterator

from harness.diagnosis.browsing import authorization_request, callback, parameters
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import to_callback
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.STATE_REQUIRED,
    confidence=Confidence.OBSERVED,
    reports=2,
    explains=("callback.state",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/961", seen="2026-09-04"),
        Source("github.com/anthropics/claude-ai-mcp/issues/555", seen="2026-07-06"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    reached, asked = callback(trace), authorization_request(trace)
    if reached is None or asked is None or reached.request.method != "GET":
        return
    values, sent = parameters(reached), parameters(asked).get("state")
    brought = "code" if values.get("code") else "error"
    if values.get(brought) and sent and not values.get("state"):
        found = "state=" if "state" in values else "no state"
        yield evidence(reached, "request.url", f"{brought}=..., {found}", f"state={sent}")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return to_callback(answer, lambda sent: {name: sent[name] for name in sent if name != "state"})
