"""The documents by which a client finds its way (RFC 9728, RFC 8414, OpenID Connect Discovery)."""

from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from reference_server.keys import ALGORITHM, jwks
from reference_server.registration import AUTH_METHODS, GRANT_TYPES
from reference_server.server import Server
from reference_server.settings import Settings

CACHE = {"Cache-Control": "public, max-age=300"}


def protected_resource(settings: Settings) -> dict[str, object]:
    """The protected resource metadata (RFC 9728 section 2).

    `offline_access` concerns the authorization server alone and is not listed here.
    """
    return {
        "resource": settings.resource,
        "authorization_servers": [settings.issuer],
        "scopes_supported": list(settings.scopes),
        "bearer_methods_supported": ["header"],
        "resource_name": settings.resource_name,
    }


def authorization_server(settings: Settings) -> dict[str, object]:
    """The authorization server metadata (RFC 8414 section 2)."""
    return {
        "issuer": settings.issuer,
        "authorization_endpoint": settings.endpoint("authorize"),
        "token_endpoint": settings.endpoint("token"),
        "registration_endpoint": settings.endpoint("register"),
        "revocation_endpoint": settings.endpoint("revoke"),
        "jwks_uri": settings.endpoint("jwks"),
        "scopes_supported": list(settings.scopes_supported),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "code_challenge_methods_supported": ["S256"],
        # RFC 9207 section 3.
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
        "protected_resources": [settings.resource],
    }


def openid_provider(settings: Settings) -> dict[str, object]:
    """The same with what OpenID Connect Discovery section 3 requires in addition."""
    return {
        **authorization_server(settings),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
    }


def resource_metadata_routes(settings: Settings) -> list[Route]:
    """The path form that the challenge names; both spellings of the path, as clients use both."""
    root = "/.well-known/oauth-protected-resource"
    path = settings.resource_path.rstrip("/")
    answer = partial(_document, protected_resource(settings))
    places = [root + path, f"{root}{path}/"]
    if settings.root_metadata:
        places.append(root)
    return [Route(where, answer) for where in dict.fromkeys(places)]


def server_metadata_routes(server: Server) -> list[Route]:
    """Every place where clients look, for an issuer with or without a path.

    RFC 8414 section 3.1 puts the well-known name before the path, OpenID Connect behind it; MCP
    clients also try the OpenID document in the RFC 8414 place.
    """
    settings = server.settings
    path = settings.issuer_path
    oauth = partial(_document, authorization_server(settings))
    openid = partial(_document, openid_provider(settings))
    places = dict.fromkeys(
        (f"/.well-known/openid-configuration{path}", f"{path}/.well-known/openid-configuration")
    )
    return [
        Route(f"/.well-known/oauth-authorization-server{path}", oauth),
        *(Route(place, openid) for place in places),
        Route(settings.endpoint_path("jwks"), partial(_document, {**jwks(server.key)})),
    ]


async def _document(content: dict[str, object], request: Request) -> Response:
    return JSONResponse(content, headers=CACHE)
