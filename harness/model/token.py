"""What an access token says of itself (RFC 7519, RFC 9068), read without verifying it."""

import base64
import json

from harness.model.trace import Json, TokenFacts

_CLAIMS = ("iss", "aud", "exp", "nbf", "iat", "scope", "scp", "client_id", "azp")
_HEADER = ("alg", "typ", "kid")


def token_facts(token: str) -> TokenFacts:
    """The kind, length and public claims of a token; opaque when it is no readable JWT."""
    parts = token.split(".")
    if len(parts) == 3:
        header, claims = _segment(parts[0]), _segment(parts[1])
        if header is not None and claims is not None:
            return TokenFacts(
                kind="jwt",
                length=len(token),
                header={name: header[name] for name in _HEADER if name in header},
                claims={name: claims[name] for name in _CLAIMS if name in claims},
            )
    return TokenFacts(kind="opaque", length=len(token))


def _segment(text: str) -> dict[str, Json] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
