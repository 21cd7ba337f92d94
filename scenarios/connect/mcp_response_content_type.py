"""An MCP answer has the wrong Content-Type.

What happens
    The server answers a call with 200 and a good body, but the header `Content-Type` is missing or
    names neither JSON nor an event stream. This run read the body all the same; clients made with
    an SDK refuse it. Some servers also answer a request with 200 and no body.

Why it breaks
    A POST that carries a request is answered with `application/json` or `text/event-stream`, and
    the client decides by the header how to read the body (MCP 2025-11-25, transports: sending
    messages to the server). No report names this as a cause for Claude; it follows from the
    specification.

Fix
    Set the header where the answer is written:

        res.json(message);                              // Express
        return Response.json(message);                  // Next.js, Workers
        return JSONResponse(message)                    # Starlette, FastAPI

    `new Response(JSON.stringify(message))` and handlers that return a string end up as
    `text/plain`. Behind Amazon API Gateway the function has to name the header in its own answer.
    202 without a body is right for notifications alone.

    Look at it from outside, since a proxy may change it. The type has to be one of the two:

        curl -s -o /dev/null -w '%{http_code} %{content_type}\\n' \\
          -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer TOKEN' \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{
          "protocolVersion":"2025-11-25","capabilities":{},
          "clientInfo":{"name":"test","version":"1"}}}'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.diagnosis.rows_challenge import MEDIA_TYPES, odd_media_type
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import brings_token
from scenarios.effects import measured

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    confidence=Confidence.SPECIFICATION,
    reports=0,
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
