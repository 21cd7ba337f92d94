"""What an access token says of itself (RFC 7519, RFC 9068), read without trusting it."""

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from harness.model.trace import Json, Response, Signature, TokenFacts

if TYPE_CHECKING:
    from joserfc.jwk import KeySetSerialization

_CLAIMS = ("iss", "aud", "exp", "nbf", "iat", "scope", "scp", "client_id", "azp")
_HEADER = ("alg", "typ", "kid")
_ALGORITHMS = [
    *(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)),
    "EdDSA",
    "Ed25519",
]


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


def issued_token(response: Response | None) -> str | None:
    """The access token in an answer of the token endpoint, or None."""
    value = (response.json_object or {}).get("access_token") if response else None
    return value if isinstance(value, str) and value else None


def with_signature(token: str, keys: dict[str, Json] | None) -> TokenFacts:
    """The same, with what a JWK set (RFC 7517 section 5) says of the signature."""
    facts = token_facts(token)
    if facts.kind != "jwt" or not isinstance((keys or {}).get("keys"), list):
        return facts
    return replace(facts, signature=_signature(token, keys))


def _signature(token: str, keys: object) -> Signature:
    from joserfc import jws  # heavy, and wanted only where a token was refused
    from joserfc.errors import BadSignatureError, JoseError
    from joserfc.jwk import KeySet

    try:
        published = KeySet.import_key_set(cast("KeySetSerialization", keys))
        jws.deserialize_compact(token, published, algorithms=_ALGORITHMS)
    except BadSignatureError:
        return Signature.WRONG
    except (JoseError, ValueError, TypeError, KeyError):
        return Signature.UNKNOWN_KEY
    return Signature.VERIFIES


def _segment(text: str) -> dict[str, Json] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
