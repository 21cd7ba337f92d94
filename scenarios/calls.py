"""What faults do to issued tokens, and to the calls of the MCP endpoint that bring them."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.model.answer import Answer, Asked
from scenarios.bending import edited

type Members = dict[str, Any]


def is_token_request(asked: Asked) -> bool:
    return asked.path.endswith("/oauth/token")


def brings_token(asked: Asked) -> bool:
    """True for a call of the MCP endpoint with a token."""
    return asked.path.startswith("/mcp") and asked.header("authorization") is not None


def rpc_method(asked: Asked) -> str | None:
    """The JSON-RPC method of a request, None when its body holds none."""
    try:
        message = json.loads(asked.body)
    except ValueError:
        return None
    method = message.get("method") if isinstance(message, dict) else None
    return method if isinstance(method, str) else None


def handshake_era(asked: Asked, answer: Answer) -> Answer:
    """The answer of a server that does not know `server/discover`, so that Claude initializes."""
    if rpc_method(asked) != "server/discover" or answer.status != 200:
        return answer
    error = {"code": -32601, "message": "Method not found"}
    return as_json(answer, {"jsonrpc": "2.0", "id": 0, "error": error})


def as_json(answer: Answer, document: Members, *, status: int = 200) -> Answer:
    """A JSON answer in place of another one."""
    bent = replace(answer, status=status, body=json.dumps(document).encode())
    return bent.with_header("Content-Type", "application/json")


def edited_result(answer: Answer, edit: Callable[[Members], Members]) -> Answer:
    """The answer with its JSON-RPC result edited, in an event stream too."""
    if (answer.header("content-type") or "").startswith("text/event-stream"):
        lines = answer.body.decode(errors="replace").splitlines(keepends=True)
        bent = [
            f"data: {_edited(line[5:], edit)}\n" if line.startswith("data:") else line
            for line in lines
        ]
        return replace(answer, body="".join(bent).encode())
    return replace(answer, body=_edited(answer.body.decode(errors="replace"), edit).encode())


def reclaimed(answer: Answer, **claims: object) -> Answer:
    """A token answer with other claims in its access token, whose signature is then wrong."""

    def edit(found: Members) -> Members:
        parts = str(found.get("access_token")).split(".")
        if len(parts) != 3:
            return found
        old = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        new = base64.urlsafe_b64encode(json.dumps({**old, **claims}).encode()).rstrip(b"=")
        return {**found, "access_token": f"{parts[0]}.{new.decode()}.{parts[2]}"}

    return edited(answer, edit)


def saying(answer: Answer, description: str) -> Answer:
    """A refusal of a token with another `error_description`."""
    challenge = answer.header("www-authenticate")
    if answer.status != 401 or challenge is None:
        return answer
    said = re.sub(r'error_description="[^"]*"', f'error_description="{description}"', challenge)
    bent = answer.with_header("WWW-Authenticate", said)
    return edited(bent, lambda found: {**found, "error_description": description})


def _edited(text: str, edit: Callable[[Members], Members]) -> str:
    """A JSON-RPC message with its result edited; any other text as it is."""
    try:
        message = json.loads(text)
    except ValueError:
        return text
    if not isinstance(message, dict) or not isinstance(message.get("result"), dict):
        return text
    return json.dumps({**message, "result": edit(message["result"])})
