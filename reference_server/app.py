"""The whole server as one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Host, Mount, Route, Router
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from harness.model.answer import BendAnswer, BendRequest
from reference_server.answers import OAuthError, refuse
from reference_server.authorize import PAGES, authorize_routes
from reference_server.bend import bend
from reference_server.cors import cors
from reference_server.keys import new_key
from reference_server.mcp_endpoint import McpEndpoint
from reference_server.metadata import resource_metadata_routes, server_metadata_routes
from reference_server.registration import registration_routes
from reference_server.server import Server
from reference_server.store import Store
from reference_server.token import token_routes


def build_app(
    server: Server,
    *,
    bend_answer: BendAnswer | None = None,
    bend_request: BendRequest | None = None,
) -> ASGIApp:
    """The protected resource and its authorization server, bent on the way in and out.

    Each host knows only its own paths, unless both have the same one.
    """
    settings = server.settings
    endpoint = McpEndpoint(server)
    others = [_other_instance(server)] if settings.second_instance_paths else []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for one in (endpoint, *(other for other, _ in others)):
                await stack.enter_async_context(one.sessions.run())
            yield

    opened = _application(server, endpoint, lifespan)
    for _, other in others:
        opened = _split(opened, other, settings.second_instance_paths)
    if bend_answer is None and bend_request is None:
        return opened
    return bend(opened, settings, bend_answer=bend_answer, bend_request=bend_request)


def _application(
    server: Server, endpoint: McpEndpoint, lifespan: Lifespan[Starlette] | None = None
) -> ASGIApp:
    application = Starlette(
        routes=_routes(server, endpoint),
        lifespan=lifespan,
        exception_handlers={OAuthError: refuse},
    )
    # A redirect between /mcp and /mcp/ would cost a client its token; both are served instead.
    application.router.redirect_slashes = False
    pages = frozenset(server.settings.endpoint_path(name) for name in PAGES)
    return cors(application, without=pages)


def _other_instance(server: Server) -> tuple[McpEndpoint, ASGIApp]:
    """A second process behind the same load balancer, with which no memory is shared."""
    key = new_key() if server.settings.second_instance_key else server.key
    other = replace(server, store=Store(), key=key)
    endpoint = McpEndpoint(other)
    return endpoint, _application(other, endpoint)


def _split(first: ASGIApp, second: ASGIApp, paths: tuple[str, ...]) -> ASGIApp:
    """The load balancer: some paths reach the second instance."""

    async def balanced(scope: Scope, receive: Receive, send: Send) -> None:
        moved = scope["type"] == "http" and scope["path"] in paths
        await (second if moved else first)(scope, receive, send)

    return balanced


def _routes(server: Server, endpoint: McpEndpoint) -> list[BaseRoute]:
    settings = server.settings
    path = settings.resource_path.rstrip("/")
    resource = [
        *resource_metadata_routes(settings),
        *(Route(where, endpoint) for where in dict.fromkeys((path or "/", f"{path}/"))),
    ]
    authorization = [
        *server_metadata_routes(server),
        *registration_routes(server),
        *authorize_routes(server),
        *token_routes(server),
    ]
    if settings.one_host:
        return [*resource, *authorization]
    return [
        Host(_host(settings.resource), Router(resource, redirect_slashes=False)),
        Host(_host(settings.issuer), Router(authorization, redirect_slashes=False)),
        Mount("/", PlainTextResponse("This server does not answer for that host.", 421)),
    ]


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
