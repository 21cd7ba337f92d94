"""A method the server lacks is answered with an HTTP error.

What happens
    Claude asks every server for its prompts and resources, whether it has any or not. This server
    answers `prompts/list` or `resources/list` with an HTTP error instead of a JSON-RPC one. It was
    reported that Claude takes that for a failed connection.

Why it breaks
    The HTTP request was fine; only the method inside is not known. In the handshake era (up to MCP
    2025-11-25) such an error is a JSON-RPC error under HTTP 200. Since MCP 2026-07-28 it comes with
    404, and the JSON-RPC error has to be in the body: a bare 404 looks like a wrong URL.

Fix
    Answer with the JSON-RPC error and the id of the request, or with empty lists:

        {"jsonrpc": "2.0", "id": 3,
         "error": {"code": -32601, "message": "Method not found"}}

        {"jsonrpc": "2.0", "id": 3, "result": {"prompts": []}}

    Validation in front of the dispatcher (a fixed list of methods, a schema that gives 422) is the
    usual place to look: FastAPI answers 422 where `method` is an enumeration or a `Literal`.

    The status has to be 200, with a result or an error in the body. A server with sessions wants
    the header `Mcp-Session-Id` too, with an id from `initialize`:

        curl -si -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer TOKEN' \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":3,"method":"prompts/list"}'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, status_evidence
from harness.diagnosis.session import listed_tools
from harness.model.answer import Answer, Asked
from harness.model.jsonrpc import messages
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import as_json, brings_token, rpc_method
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.SESSION,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    confidence=Confidence.REPORTED,
    reports=1,
    sources=(Source("github.com/aipotheosis-labs/gate22/issues/90", seen="2025-09-13"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    if listed_tools(trace) is None:
        return
    for answer in trace.at(Step.SESSION, Purpose.LIST_PROMPTS, Purpose.LIST_RESOURCES):
        if answer.status is not None and answer.status >= 400 and not _by_the_book(answer):
            yield status_evidence(answer, "200 with a result, or with a JSON-RPC error")
            yield body_evidence(answer)


def _by_the_book(answer: Exchange) -> bool:
    """True for the 404 of the era without sessions, which carries the error -32601."""
    modern = answer.request.header("mcp-method") is not None
    response = answer.response
    if not modern or response is None or response.status != 404:
        return False
    errors = [message.get("error") for message in messages(response)]
    return any(isinstance(one, dict) and one.get("code") == -32601 for one in errors)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A schema in front of the dispatcher that knows the methods for tools alone."""
    if not brings_token(asked) or rpc_method(asked) not in ("prompts/list", "resources/list"):
        return answer
    return as_json(answer, {"detail": "method must be one of tools/list, tools/call"}, status=422)
