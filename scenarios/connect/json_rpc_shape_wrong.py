"""The result of initialize or tools/list has the shape of a tool result.

What happens
    The server answers 200 with JSON-RPC, but the result does not hold what the method has to
    return: no `protocolVersion`, `capabilities` and `serverInfo` for `initialize`, no `tools` for
    `tools/list`. Mostly the right object is packed as text into `content`. Claude takes that for no
    answer; where the server needs no sign-in, the user reads that it could not be reached.

Why it breaks
    Only `tools/call` returns `content`. Servers written by hand, and gateways that turn a workflow
    or a function into an MCP server, send every method through the code that wraps tool results.

Fix
    Return the bare object of the method (MCP 2025-11-25, lifecycle and tools), and wrap in
    `tools/call` alone:

        {"jsonrpc": "2.0", "id": 0, "result": {
          "protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
          "serverInfo": {"name": "notes", "version": "1.0.0"}}}

        {"jsonrpc": "2.0", "id": 1, "result": {"tools": [
          {"name": "list_notes", "inputSchema": {"type": "object"}}]}}

    An SDK makes this difference by itself; a server of a few hundred lines is soon moved to one.

    The Inspector refuses both wrong shapes. It has to print the tools:

        npx @modelcontextprotocol/inspector --cli https://YOUR-HOST/mcp \\
          --transport http --method tools/list \\
          --header 'Authorization: Bearer TOKEN'
"""

import json
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.diagnosis.rows_challenge import toolless_list
from harness.model.answer import Answer, Asked
from harness.model.jsonrpc import messages
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import Members, brings_token, edited_result, handshake_era
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.SPECIFICATION,
    reports=1,
    explains=("connect.accepted", "session.tool-list"),
    sources=(
        Source("modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle", "2025-11-25"),
        Source("modelcontextprotocol.io/specification/2025-11-25/server/tools", "2025-11-25"),
    ),
)

_MEMBERS = {"protocolVersion": str, "capabilities": dict, "serverInfo": dict}


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.CONNECT, Purpose.INITIALIZE)
    for message in messages(answer.response) if answer and answer.response else ():
        result = message.get("result")
        if answer is None or not isinstance(result, dict):
            continue
        wrong = [name for name, kind in _MEMBERS.items() if not isinstance(result.get(name), kind)]
        if wrong:
            yield evidence(answer, "response.body.result", json.dumps(result), ", ".join(wrong))
    yield from toolless_list(trace)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """Every result goes through the code that wraps those of tools."""

    def wrap(found: Members) -> Members:
        return {"content": [{"type": "text", "text": json.dumps(found)}]}

    spoken = handshake_era(asked, answer)
    return edited_result(spoken, wrap) if brings_token(asked) else spoken
