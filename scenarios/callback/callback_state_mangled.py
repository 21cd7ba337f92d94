"""The state comes back changed.

What happens
    The browser returns to Claude's callback with a code, and with another `state` than the one
    Claude had sent. Claude cannot match the answer to a sign-in and gives up. Claude Code goes on
    waiting for the right one.

Why it breaks
    The server has to return `state` exactly as it came (RFC 6749 section 4.1.2): it is a handle of
    the client, and no other party reads it. Usual slips: it is percent-encoded twice, a `+` in it
    has become a space, a database column was too short for it, or the state of a second sign-in, at
    the identity provider behind the server, went out in its place.

Fix
    Take the decoded value from the query once, store it whole, and let a URL builder encode it
    once:

        back.searchParams.set("state", state);          // JavaScript
        urlencode({"code": code, "state": state})       # Python

    Never add `encodeURIComponent` to that. If your server signs in elsewhere in turn, keep two
    states apart: yours, which you check, and Claude's, which you give back.
"""

from collections.abc import Iterator

from harness.diagnosis.browsing import authorization_request, callback, parameters
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import to_callback

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: Impact.BREAKS},
    confidence=Confidence.REPORTED,
    explains=("callback.state",),
    sources=(Source("github.com/open-metadata/OpenMetadata/issues/28952", seen="2026-06-11"),),
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
