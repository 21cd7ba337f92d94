"""What faults of several scenarios do to an answer of the reference server."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

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


def is_authorization(asked: Asked) -> bool:
    """True for a request to the reference server's authorization endpoint."""
    return asked.path.endswith("/oauth/authorize")


def callback_values(answer: Answer) -> tuple[str | None, dict[str, str]]:
    """The callback a redirect leads to and its parameters; None for any other answer."""
    address, _, sent = (answer.header("location") or "").partition("?")
    if not address.startswith(("https://claude.ai/", "http://localhost:")):
        return None, {}
    return address, dict(parse_qsl(sent))


def to_callback(answer: Answer, edit: Callable[[dict[str, str]], dict[str, str]]) -> Answer:
    """The redirect back to Claude with its parameters edited; any other answer as it is."""
    address, values = callback_values(answer)
    if address is None:
        return answer
    return answer.with_header("Location", f"{address}?{urlencode(edit(values))}")


def without_challenged_scope(answer: Answer) -> Answer:
    """The answer with no `scope` in its challenge."""
    challenge = answer.header("www-authenticate")
    if challenge is None:
        return answer
    return answer.with_header("WWW-Authenticate", re.sub(r', scope="[^"]*"', "", challenge))


def is_grant(asked: Asked, grant_type: str) -> bool:
    """True for a request of this grant at the reference server's token endpoint."""
    if not asked.path.endswith("/oauth/token"):
        return False
    return dict(parse_qsl(asked.body.decode(errors="replace"))).get("grant_type") == grant_type


def with_field(asked: Asked, name: str, value: str | None) -> Asked:
    """The form request with this field replaced, or without it."""
    fields = [pair for pair in parse_qsl(asked.body.decode(errors="replace")) if pair[0] != name]
    if value is not None:
        fields.append((name, value))
    return replace(asked, body=urlencode(fields).encode())


def with_mangled_code(asked: Asked) -> Asked:
    """The token request with a code that nobody issued, any other request as it is."""
    return with_field(asked, "code", "mangled") if is_grant(asked, "authorization_code") else asked


def naming_resource(asked: Asked, resource: str) -> Asked:
    """The authorization or token request with this resource in place of the one it names."""
    if asked.path.endswith("/oauth/token"):
        return with_field(asked, "resource", resource)
    address, _, sent = asked.url.partition("?")
    if not is_authorization(asked) or asked.method != "GET":
        return asked
    values = {**dict(parse_qsl(sent)), "resource": resource}
    return replace(asked, url=f"{address}?{urlencode(values)}")
