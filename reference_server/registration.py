"""Dynamic client registration (RFC 7591), and finding a client however it registered."""

import json
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reference_server import redirect_uris
from reference_server.answers import FORM_LIMIT, OAuthError, media_type, no_store
from reference_server.client_documents import (
    DocumentRefusedError,
    client_from_document,
    is_document_url,
)
from reference_server.server import Server
from reference_server.store import Client

GRANT_TYPES = ("authorization_code", "refresh_token")
AUTH_METHODS = ("none", "client_secret_post", "client_secret_basic")
MANY_REDIRECT_URIS = 20
ECHOED = (
    "client_name",
    "client_uri",
    "logo_uri",
    "tos_uri",
    "policy_uri",
    "scope",
    "application_type",
    "software_id",
    "software_version",
)
"""Text members that are kept as they are; everything else a client sends is ignored."""


class UnknownClientError(Exception):
    """There is no such client, or its metadata document is refused; the text says which."""


def registration_routes(server: Server) -> list[Route]:
    """The registration endpoint, open to everyone."""
    path = server.settings.endpoint_path("register")
    register = partial(_register, server)
    return [Route(path, register, methods=["POST"], max_body_size=FORM_LIMIT)]


async def find_client(server: Server, client_id: str) -> Client:
    """The registered, given or self-describing client of that id; raises UnknownClientError."""
    client = server.store.clients.get(client_id)
    if client is not None:
        return client
    if not is_document_url(client_id):
        raise UnknownClientError("this client is not registered here")
    try:
        return await client_from_document(server, client_id)
    except DocumentRefusedError as problem:
        raise UnknownClientError(str(problem)) from problem


async def _register(server: Server, request: Request) -> Response:
    if media_type(request) != "application/json":
        raise _bad_metadata("the body must be application/json")
    try:
        asked = json.loads(await request.body())
    except (ValueError, RecursionError) as problem:
        raise _bad_metadata("the body is not JSON") from problem
    if not isinstance(asked, dict):
        raise _bad_metadata("the body is not a JSON object")
    metadata = _registered(asked, server)
    client_id = server.token()
    secret = None if metadata["token_endpoint_auth_method"] == "none" else server.token()
    server.store.clients[client_id] = Client(
        id=client_id,
        name=str(metadata.get("client_name", "A client without a name")),
        redirect_uris=tuple(asked["redirect_uris"]),
        grant_types=_grant_types(asked),
        secret=secret,
    )
    credentials: dict[str, object] = {
        "client_id": client_id,
        "client_id_issued_at": int(server.clock()),
    }
    if secret is not None:
        # RFC 7591 section 3.2.1: required next to a secret, 0 means that it does not expire.
        credentials |= {"client_secret": secret, "client_secret_expires_at": 0}
    return no_store({**credentials, **metadata}, 201)


def _registered(asked: dict[str, object], server: Server) -> dict[str, object]:
    """The metadata as registered, which the answer has to repeat (RFC 7591 section 3.2.1)."""
    _check_redirect_uris(asked.get("redirect_uris"), server)
    method = asked.get("token_endpoint_auth_method") or "client_secret_basic"
    if method not in AUTH_METHODS:
        raise _bad_metadata(f"token_endpoint_auth_method must be one of {', '.join(AUTH_METHODS)}")
    response_types = asked.get("response_types") or ["code"]
    if not isinstance(response_types, list) or "code" not in response_types:
        raise _bad_metadata("response_types must contain code")
    kept = {name: asked[name] for name in ECHOED if isinstance(asked.get(name), str)}
    return {
        **kept,
        "redirect_uris": asked["redirect_uris"],
        "grant_types": list(_grant_types(asked)),
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
    }


def _check_redirect_uris(uris: object, server: Server) -> None:
    if not isinstance(uris, list) or not 0 < len(uris) <= MANY_REDIRECT_URIS:
        raise OAuthError("invalid_redirect_uri", "redirect_uris must be a list of 1 to 20 URIs")
    for uri in uris:
        if not isinstance(uri, str):
            raise OAuthError("invalid_redirect_uri", "a redirect URI is not a string")
        if not redirect_uris.acceptable(uri, server.settings.redirect_hosts):
            hosts = server.settings.redirect_hosts
            allowed = "https and loopback URIs" if hosts is None else f"URIs of {', '.join(hosts)}"
            raise OAuthError("invalid_redirect_uri", f"only {allowed} are allowed")


def _grant_types(asked: dict[str, object]) -> tuple[str, ...]:
    """The grants we have out of those asked for: an unknown one is left out, not refused."""
    wanted = asked.get("grant_types") or ["authorization_code"]
    if not isinstance(wanted, list) or "authorization_code" not in wanted:
        raise _bad_metadata("grant_types must contain authorization_code")
    return tuple(grant for grant in GRANT_TYPES if grant in wanted)


def _bad_metadata(description: str) -> OAuthError:
    return OAuthError("invalid_client_metadata", description)
