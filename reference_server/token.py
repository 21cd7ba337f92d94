"""The token endpoint and the revocation endpoint (OAuth 2.1 section 3.2, RFC 7009)."""

import base64
import hashlib
import hmac
from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reference_server.answers import FORM_LIMIT, NO_STORE, Form, OAuthError, no_store, read_form
from reference_server.client_authentication import authenticate
from reference_server.keys import InvalidTokenError, read, sign
from reference_server.resources import check_resources
from reference_server.server import Server
from reference_server.store import Client, Family, RefreshToken


def token_routes(server: Server) -> list[Route]:
    """The token endpoint and the revocation endpoint."""
    path = server.settings.endpoint_path
    issue, revoke = partial(_issue, server), partial(_revoke, server)
    return [
        Route(path("token"), issue, methods=["POST"], max_body_size=FORM_LIMIT),
        Route(path("revoke"), revoke, methods=["POST"], max_body_size=FORM_LIMIT),
    ]


async def _issue(server: Server, request: Request) -> Response:
    form = await read_form(request)
    grant_type = form.require("grant_type")
    if grant_type not in ("authorization_code", "refresh_token"):
        raise OAuthError("unsupported_grant_type", "use authorization_code or refresh_token")
    client = await authenticate(server, request, form)
    if grant_type not in client.grant_types:
        raise OAuthError("unauthorized_client", f"the client did not register {grant_type}")
    check_resources(server.settings, form.resources)
    if grant_type == "authorization_code":
        return _redeem_code(server, client, form)
    return _refresh(server, client, form)


def _redeem_code(server: Server, client: Client, form: Form) -> Response:
    value = form.require("code")
    verifier = form.require("code_verifier")
    code = server.store.codes.get(value)
    if code is None or code.client_id != client.id:
        raise OAuthError("invalid_grant", "there is no such code for this client")
    if code.family in server.store.families:
        # A second use means that someone else has the code: nothing that came from it stays good
        # (RFC 6749 section 4.1.2).
        server.store.revoke_family(code.family)
        raise OAuthError("invalid_grant", "the code has been used already")
    if code.expires_at <= server.clock():
        raise OAuthError("invalid_grant", "the code has expired")
    if form.get("redirect_uri") != code.redirect_uri:
        raise OAuthError("invalid_grant", "redirect_uri is not the one the code was issued for")
    if not hmac.compare_digest(s256(verifier), code.code_challenge):
        raise OAuthError("invalid_grant", "code_verifier does not match the code challenge")
    family = Family(client_id=client.id, subject=code.subject, scopes=code.scopes)
    server.store.families[code.family] = family
    return _tokens(server, client, code.family, scopes=code.scopes)


def _refresh(server: Server, client: Client, form: Form) -> Response:
    value = form.require("refresh_token")
    token = server.store.refresh_tokens.get(value)
    family = server.store.families.get(token.family) if token else None
    if token is None or family is None or family.client_id != client.id or family.revoked:
        raise OAuthError("invalid_grant", "there is no such refresh token for this client")
    if token.spent:
        # Either the client or a thief holds an old token, and nobody can tell which: both lose
        # (RFC 9700 section 4.14.2).
        server.store.revoke_family(token.family)
        raise OAuthError("invalid_grant", "the refresh token has been used already")
    if token.expires_at <= server.clock():
        raise OAuthError("invalid_grant", "the refresh token has expired")
    scopes = tuple(dict.fromkeys((form.get("scope") or "").split())) or family.scopes
    if not set(scopes) <= set(family.scopes):
        raise OAuthError("invalid_scope", "the scope goes beyond what was granted")
    server.store.refresh_tokens[value] = replace(token, spent=True)
    return _tokens(server, client, token.family, scopes=scopes)


def _tokens(server: Server, client: Client, name: str, *, scopes: tuple[str, ...]) -> Response:
    """A successful token answer (RFC 6749 section 5.1), always with a new refresh token."""
    settings = server.settings
    family = server.store.families[name]
    token_id, now = server.token(), int(server.clock())
    family.access_token_ids.add(token_id)
    claims = {
        "iss": settings.issuer,
        "sub": family.subject,
        "aud": settings.token_audience or settings.resource,
        "exp": now + settings.access_token_ttl,
        "iat": now,
        "jti": token_id,
        "client_id": client.id,
        "scope": " ".join(scopes),
    }
    answer: dict[str, object] = {
        "access_token": sign(claims, server.key),
        "token_type": "Bearer",
        "expires_in": settings.access_token_ttl,
        "scope": " ".join(scopes),
    }
    if "refresh_token" in client.grant_types:
        refresh_token = server.token()
        server.store.refresh_tokens[refresh_token] = RefreshToken(
            family=name, expires_at=now + settings.refresh_token_ttl
        )
        answer["refresh_token"] = refresh_token
    return no_store(answer)


async def _revoke(server: Server, request: Request) -> Response:
    """Ends a token and all that came from the same consent; an unknown one is no error.

    The type is found out from the token, so `token_type_hint` is not needed (RFC 7009 section 2.1).
    """
    form = await read_form(request)
    client = await authenticate(server, request, form)
    name = _family_of(server, form.require("token"))
    if name is not None:
        if server.store.families[name].client_id != client.id:
            raise OAuthError("invalid_grant", "the token was issued to another client")
        server.store.revoke_family(name)
    return Response(status_code=200, headers=NO_STORE)


def _family_of(server: Server, token: str) -> str | None:
    refresh_token = server.store.refresh_tokens.get(token)
    if refresh_token is not None:
        return refresh_token.family if refresh_token.family in server.store.families else None
    try:
        token_id = read(token, server.key).get("jti")
    except InvalidTokenError:
        return None
    families = server.store.families.items()
    return next((name for name, one in families if token_id in one.access_token_ids), None)


def s256(verifier: str) -> str:
    """The code challenge of a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
