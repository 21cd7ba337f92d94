"""The state comes back changed.

What happens
    The browser returns to Claude's callback with a code, and with another `state` than the one
    Claude had sent. Claude cannot match the answer to a sign-in and gives up. Claude Code goes on
    waiting for the right one. No report names claude.ai; that it stops follows from the
    specification.

Why it breaks
    The server has to return `state` exactly as it came (RFC 6749 section 4.1.2): it is a handle of
    the client, and no other party reads it. What meets Claude: a database column was too short for
    it, or the state of a second sign-in, at the identity provider behind the server, went out in
    its place. Two other slips, encoding it twice and a `+` that has become a space, do not show
    with Claude, whose states hold only letters, digits, `-` and `_`; they stop VS Code and others.

Fix
    Take the decoded value from the query once, store it whole, and let a URL builder encode it
    once:

        back.searchParams.set("state", state);          // JavaScript
        urlencode({"code": code, "state": state})       # Python

    Never add `encodeURIComponent` to that. In Java build the query with a builder that encodes, or
    encode and join: the `URI` constructor of several arguments encodes the `%` again. If your
    server signs in elsewhere in turn, keep two states apart: yours, which you check, and Claude's,
    which you give back.

    A request without a challenge is refused by redirect where PKCE is required, and has to bring
    the same 43 characters back (ID is a registered client):

        curl -si -G https://YOUR-AUTHORIZATION-ENDPOINT \\
          -d response_type=code -d client_id=ID \\
          -d state=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU \\
          --data-urlencode redirect_uri=https://claude.ai/api/mcp/auth_callback \\
          | grep -o 'state=[^&]*'
"""

from collections.abc import Iterator

from harness.diagnosis.browsing import authorization_request, callback, parameters
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import to_callback
from scenarios.effects import measured

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    confidence=Confidence.SPECIFICATION,
    reports=1,
    explains=("callback.state",),
    sources=(
        Source("RFC 6749 section 4.1.2", seen="2012-10"),
        Source("github.com/open-metadata/OpenMetadata/issues/28951", seen="2026-06-11"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    reached, asked = callback(trace), authorization_request(trace)
    if reached is None or asked is None or reached.request.method != "GET":
        return
    came, sent = parameters(reached).get("state"), parameters(asked).get("state")
    if came and sent and came != sent:
        yield evidence(reached, "request.url", f"state={came}", f"state={sent}")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A column of 32 characters."""
    return to_callback(answer, lambda sent: {**sent, "state": sent["state"][:32]})
