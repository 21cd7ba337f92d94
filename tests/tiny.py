"""A small HTTP server on loopback whose every byte a test decides."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit


@dataclass(frozen=True)
class Got:
    """One request; `n` counts from 1."""

    n: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    origin: str

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))


type Answer = bytes | None
"""Raw bytes to send; None hangs until the client leaves."""
type Handler = Callable[[Got], Answer | Awaitable[Answer]]


def http(
    status: int,
    body: bytes | str | dict[str, object] | list[object] = b"",
    *headers: str,
    kind: str = "application/json",
) -> bytes:
    """A complete response that closes the connection."""
    if isinstance(body, dict | list):
        body = json.dumps(body)
    data = body.encode() if isinstance(body, str) else body
    lines = [
        f"HTTP/1.1 {status} Status",
        f"Content-Type: {kind}",
        f"Content-Length: {len(data)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


@asynccontextmanager
async def tiny(handler: Handler) -> AsyncIterator[str]:
    """Serve; yields the origin."""
    count = 0
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ", 2)
            pairs = (line.partition(":") for line in head[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            count += 1
            answer = handler(Got(count, method, target, headers, body, origin))
            data = answer if isinstance(answer, bytes | None) else await answer
            if data is None:
                await reader.read()
            else:
                writer.write(data)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield origin
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def healthy(got: Got) -> bytes:
    """A correct server of the handshake era that signs everybody in at once."""
    origin = got.origin
    match got.method, got.path:
        case "POST", "/mcp" if "authorization" not in got.headers:
            pointer = f"{origin}/.well-known/oauth-protected-resource/mcp"
            return http(401, {}, f'WWW-Authenticate: Bearer resource_metadata="{pointer}"')
        case "POST", "/mcp":
            return mcp(json.loads(got.body))
        case "GET", "/mcp":
            return http(405)
        case "DELETE", "/mcp":
            return http(204)
        case "GET", "/.well-known/oauth-protected-resource/mcp":
            return http(200, {"resource": f"{origin}/mcp", "authorization_servers": [origin]})
        case "GET", "/.well-known/oauth-authorization-server":
            return http(
                200,
                {
                    "issuer": origin,
                    "authorization_endpoint": f"{origin}/authorize",
                    "token_endpoint": f"{origin}/token",
                    "registration_endpoint": f"{origin}/register",
                    "response_types_supported": ["code"],
                    "code_challenge_methods_supported": ["S256"],
                },
            )
        case "POST", "/register":
            return http(201, {"client_id": "c1", "client_secret": "s1-very-secret"})
        case "GET", "/authorize":
            back = urlencode({"code": "the-code-itself", "state": got.query["state"]})
            return http(302, b"", f"Location: {got.query['redirect_uri']}?{back}")
        case "POST", "/token":
            issued = {"access_token": "at-1", "refresh_token": "rt-1"}
            return http(200, {**issued, "token_type": "Bearer"})
    return http(404, {})


def mcp(message: dict[str, object]) -> bytes:
    result: dict[str, object]
    match message["method"]:
        case "server/discover":
            error = {"code": -32601, "message": "unknown"}
            return http(404, {"jsonrpc": "2.0", "id": message["id"], "error": error})
        case "initialize":
            result = {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "serverInfo": {"name": "tiny", "version": "1"},
            }
        case "tools/list":
            result = {"tools": []}
        case _:
            return http(202)
    return http(200, {"jsonrpc": "2.0", "id": message["id"], "result": result})
