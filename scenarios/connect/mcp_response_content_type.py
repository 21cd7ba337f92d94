"""An MCP answer has the wrong Content-Type.

What happens
    The server answers a call with 200 and a good body, but the header `Content-Type` is missing or
    names neither JSON nor an event stream. This run read the body all the same; SDK clients refuse
    it. Some servers also answer a request with 200 and no body.

Why it breaks
    A POST that carries a request is answered with `application/json` or `text/event-stream`, and
    the client decides by the header how to read the body (MCP 2025-11-25, transports: sending
    messages to the server). No report names this as a cause for Claude; it follows from the
    specification.

Fix
    Set the header where the answer is written:

        res.setHeader("Content-Type", "application/json");   // Node
        return JSONResponse(message)                         # Starlette, FastAPI

    A handler that returns a string ends up as `text/plain` in many frameworks, and API Gateway
    needs the header in the answer of the function. Look at it from outside: a proxy may change it.
    202 without a body is right for notifications alone.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.diagnosis.rows_challenge import MEDIA_TYPES, odd_media_type
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import brings_token

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    confidence=Confidence.SPECIFICATION,
    explains=("connect.content-type", "connect.accepted", "session.tools"),
    sources=(
        Source("modelcontextprotocol.io/specification/2025-11-25/basic/transports", "2025-11-25"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = odd_media_type(trace)
    if answer is not None and answer.response is not None:
        found = answer.response.header("content-type") or "(absent)"
        yield evidence(answer, "response.header.content-type", found, " or ".join(MEDIA_TYPES))
        yield body_evidence(answer)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A handler that returns its JSON as a string."""
    if not brings_token(asked) or asked.method != "POST" or answer.status != 200:
        return answer
    return answer.with_header("Content-Type", "text/plain; charset=utf-8")
