"""CORS for clients that run in a web page (Fetch standard, RFC 9700 section 2.6)."""

from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = "GET, POST, DELETE, OPTIONS"
# Authorization has to be named: a wildcard does not cover it.
REQUEST_HEADERS = (
    "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, "
    "Mcp-Method, Mcp-Name, Last-Event-ID"
)
EXPOSED = "WWW-Authenticate, Mcp-Session-Id"


def cors(app: ASGIApp, *, without: Collection[str] = ()) -> ASGIApp:
    """The application readable from every origin, error answers included.

    `without` names the paths that a browser visits as pages, which no script may read. A preflight
    is answered before anything else because it never carries a token. No cookie is of any use to
    the rest, so the wildcard gives nothing away.
    """

    async def open_app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in without:
            await app(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await _preflight()(scope, receive, send)
        else:
            await app(scope, receive, _opened(send))

    return open_app


def _preflight() -> Response:
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": REQUEST_HEADERS,
            "Access-Control-Max-Age": "600",
        },
    )


def _opened(send: Send) -> Send:
    async def send_opened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Access-Control-Expose-Headers"] = EXPOSED
        await send(message)

    return send_opened
