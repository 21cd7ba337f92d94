"""A notification is answered with something else than 202.

What happens
    After the handshake Claude sends `notifications/initialized`, which has no id and wants no
    answer. The server answers it like a request: 200 with a JSON-RPC error, 204, or an HTTP error.
    People reported a connector that says it is connected, and never has a tool.

Why it breaks
    An accepted notification is answered 202 without a body, nothing else (MCP 2025-11-25,
    transports, sending messages to the server). A body with `"id": null` belongs to no request, and
    a client may take it for a broken session. Clients made with the TypeScript SDK take any 2xx,
    but open their stream only after 202; to an HTTP error they give up. A server with 204 was
    described as working with claude.ai, too.

Fix
    Before anything looks up the method: if the message has no `id`, process it and answer 202 with
    an empty body, for methods the server does not know too.

        if (message.id === undefined)                     // Express
          return res.status(202).end();

        if "id" not in message:                           # FastAPI
            return Response(status_code=202)

    This has to say 202 and to show no body. A server with sessions wants the header
    `Mcp-Session-Id` too, with an id from `initialize`:

        curl -si -X POST https://YOUR-HOST/mcp -H "Authorization: Bearer $TOKEN" \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","method":"notifications/initialized"}'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, status_evidence
from harness.diagnosis.session import listed_tools
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.calls import as_json, handshake_era, rpc_method
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.SESSION,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: inferred(Impact.DEGRADES)},
    claude_shows=Shows.NO_TOOLS,
    confidence=Confidence.REPORTED,
    reports=5,
    explains=("session.notification",),
    sources=(
        Source("github.com/erp-mafia/accounted/issues/75", seen="2026-03-21"),
        Source("github.com/aipotheosis-labs/gate22/issues/90", seen="2025-09-13"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.SESSION, Purpose.INITIALIZED)
    if answer is None or answer.response is None or answer.status in (202, 401, 403):
        return
    # 204 is against the specification, and connects.
    if answer.status == 204:
        return
    # Where the other calls of the session fail too, the notification is not the reason.
    if listed_tools(trace) is None:
        return
    yield status_evidence(answer, "202")
    if answer.response.body:
        yield body_evidence(answer, "no body")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A dispatcher that takes the notification for a request with an unknown method."""
    if rpc_method(asked) == "notifications/initialized" and answer.status == 202:
        error = {"code": -32601, "message": "Method not found"}
        return as_json(answer, {"jsonrpc": "2.0", "id": None, "error": error})
    return handshake_era(asked, answer)
