"""The MCP endpoint: bearer verification in front of the official SDK, both protocol eras."""

import json
from urllib.parse import urlsplit

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reference_server.bearer import (
    bearer_token,
    insufficient_scope,
    scopes_of,
    unauthorized,
    verify,
)
from reference_server.bodies import TooLargeError, read_body, replay
from reference_server.keys import Claims, InvalidTokenError
from reference_server.notes import needed_scope, notes_server
from reference_server.server import Server
from reference_server.settings import Settings


class McpEndpoint:
    """The protected resource as an ASGI application.

    Its sessions live in `sessions`, whose `run()` has to be entered by whoever serves it.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        protocol = notes_server(server.settings.write_scope)
        if server.settings.fixtures:
            from reference_server.fixtures.install import add_fixtures  # wanted by one suite alone

            add_fixtures(protocol)
        self.sessions = StreamableHTTPSessionManager(
            protocol,
            security_settings=transport_security(server.settings),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        settings = self.server.settings
        token = bearer_token(Headers(scope=scope).get("authorization"))
        if token is None:
            await unauthorized(settings)(scope, receive, send)
            return
        try:
            claims = verify(token, self.server)
        except InvalidTokenError as problem:
            await unauthorized(settings, problem)(scope, receive, send)
            return
        try:
            body = await read_body(receive) if scope["method"] == "POST" else b""
        except ClientDisconnect:
            return
        except TooLargeError:
            await Response("Request body too large", 413)(scope, receive, send)
            return
        needed = [*settings.scopes, *_tool_scope(body, settings)]
        if not scopes_of(claims).issuperset(needed):
            await insufficient_scope(settings, needed)(scope, receive, send)
            return
        # The SDK binds a session to this user, so that nobody else's token opens it.
        scope["user"] = AuthenticatedUser(_access_token(token, claims))
        await self.sessions.handle_request(scope, replay(body, receive), send)


def transport_security(settings: Settings) -> TransportSecuritySettings:
    """The Host and Origin values the SDK lets pass, against DNS rebinding."""
    host = urlsplit(settings.resource).hostname or ""
    netloc = urlsplit(settings.resource).netloc
    local = [f"http://{host}:*", f"https://{host}:*"] if host in ("localhost", "127.0.0.1") else []
    return TransportSecuritySettings(
        allowed_hosts=[netloc, host, f"{host}:*"],
        allowed_origins=[
            settings.resource_origin,
            settings.issuer_origin,
            *settings.allowed_origins,
            *local,
        ],
    )


def _tool_scope(body: bytes, settings: Settings) -> list[str]:
    """The scope of the tool that a body calls, so that the refusal can be an HTTP 403."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return []  # the SDK says what is wrong with it
    if not isinstance(message, dict) or message.get("method") != "tools/call":
        return []
    params = message.get("params")
    tool = params.get("name") if isinstance(params, dict) else None
    needed = needed_scope(tool, settings.write_scope)
    return [needed] if needed else []


def _access_token(token: str, claims: Claims) -> AccessToken:
    return AccessToken(
        token=token,
        client_id=str(claims.get("client_id")),
        scopes=sorted(scopes_of(claims)),
        subject=str(claims.get("sub")),
        claims=dict(claims),
    )
