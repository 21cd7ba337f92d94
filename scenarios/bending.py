"""What faults of several scenarios do to an answer of the reference server."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.model.answer import Answer, Asked

_SERVER_METADATA = (
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
)


def is_resource_metadata(asked: Asked) -> bool:
    return asked.path.startswith("/.well-known/oauth-protected-resource")


def is_server_metadata(asked: Asked) -> bool:
    """True for the authorization server's metadata, with or without a path behind the name."""
    return asked.path.startswith(_SERVER_METADATA)


def edited(answer: Answer, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> Answer:
    """The answer with its JSON object edited; the same answer when its body holds none."""
    try:
        document = json.loads(answer.body)
    except ValueError:
        return answer
    if not isinstance(document, dict):
        return answer
    return replace(answer, body=json.dumps(edit(document)).encode())


def without(answer: Answer, *names: str) -> Answer:
    """The answer without these members of its JSON object."""
    return edited(
        answer, lambda document: {key: document[key] for key in document if key not in names}
    )


def refusal(answer: Answer, status: int, error: str, description: str) -> Answer:
    """An OAuth error answer (RFC 6749 section 5.2, RFC 7591 section 3.2.2)."""
    document = {"error": error, "error_description": description}
    return replace(answer, status=status, body=json.dumps(document).encode()).with_header(
        "Content-Type", "application/json"
    )
