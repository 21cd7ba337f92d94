"""An MCP endpoint that answers without a token, in place of the one that asks for it."""

import json

from harness.model.answer import Answer, Asked
from scenarios.calls import Members, as_json

_TOOL: Members = {
    "name": "list_notes",
    "description": "Lists the notes.",
    "inputSchema": {"type": "object"},
}
_RESULTS: dict[object, Members] = {
    "initialize": {
        "protocolVersion": "2025-11-25",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "notes", "version": "1.0.0"},
    },
    "tools/list": {"tools": [_TOOL]},
}


def open_to_all(asked: Asked, answer: Answer) -> Answer:
    """What the endpoint answers in the handshake era to a call without a token."""
    if asked.path.rstrip("/") != "/mcp" or asked.header("authorization") is not None:
        return answer
    if asked.method == "OPTIONS":
        return answer
    plain = answer.without_header("www-authenticate")
    if asked.method != "POST":
        return as_json(plain, {"error": "method not allowed"}, status=405).with_header(
            "Allow", "POST"
        )
    message = json.loads(asked.body)
    if "id" not in message:
        return Answer(202)
    reply: Members = {"jsonrpc": "2.0", "id": message["id"]}
    if message["method"] in _RESULTS:
        return as_json(plain, {**reply, "result": _RESULTS[message["method"]]})
    return as_json(plain, {**reply, "error": {"code": -32601, "message": "Method not found"}})
