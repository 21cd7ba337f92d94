"""What the MCP endpoint asks of a bearer token, and how it says so (RFC 6750, RFC 9068)."""

import json
from collections.abc import Iterable

from starlette.responses import Response

from reference_server.keys import Claims, InvalidTokenError, read
from reference_server.server import Server
from reference_server.settings import Settings


def bearer_token(authorization: str | None) -> str | None:
    """The token of an Authorization header; None when it offers none."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def verify(token: str, server: Server) -> Claims:
    """The claims of a token that is good for our resource; raises InvalidTokenError."""
    settings = server.settings
    claims = read(token, server.key)
    if claims.get("iss") != settings.issuer:
        raise InvalidTokenError("the token was issued by someone else")
    audience = claims.get("aud")
    if settings.resource not in (audience if isinstance(audience, list) else [audience]):
        raise InvalidTokenError("the token is meant for another resource")
    expires = claims.get("exp")
    if not isinstance(expires, int) or expires <= server.clock():
        raise InvalidTokenError("the token has expired")
    if claims.get("jti") in server.store.revoked_token_ids:
        raise InvalidTokenError("the token has been revoked")
    return claims


def scopes_of(claims: Claims) -> frozenset[str]:
    """The scopes of a token (RFC 9068 section 2.2.3)."""
    return frozenset(str(claims.get("scope", "")).split())


def unauthorized(settings: Settings, problem: InvalidTokenError | None = None) -> Response:
    """The 401 answer.

    A call that brought no token gets no error code (RFC 6750 section 3.1).
    """
    parameters = _parameters(settings, settings.scopes)
    if problem is not None:
        parameters = {"error": "invalid_token", "error_description": str(problem)} | parameters
    return _challenge(401, parameters)


def insufficient_scope(settings: Settings, needed: Iterable[str]) -> Response:
    """The 403 answer; it names everything the call needs, not only what is missing.

    A client may ask for exactly this list next, and must not lose what it had.
    """
    error = {
        "error": "insufficient_scope",
        "error_description": "the token does not cover this call",
    }
    return _challenge(403, error | _parameters(settings, needed))


def _parameters(settings: Settings, scopes: Iterable[str]) -> dict[str, str]:
    return {"resource_metadata": settings.resource_metadata_url, "scope": " ".join(scopes)}


def _challenge(status: int, parameters: dict[str, str]) -> Response:
    fields = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    content = {
        "error": parameters.get("error", "unauthorized"),
        "error_description": parameters.get("error_description", "a bearer token is needed"),
    }
    return Response(
        json.dumps(content),
        status,
        headers={"WWW-Authenticate": f"Bearer {fields}", "Cache-Control": "no-store"},
        media_type="application/json",
    )
