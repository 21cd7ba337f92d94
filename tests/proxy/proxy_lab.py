"""Little servers, and a client that goes through a running proxy."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import trustme

from harness.model.captured import Captured
from harness.proxy.engine import TAG_HEADER, Engine
from harness.proxy.route import Route

PUBLIC = "https://mcp.example.com"

type Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    port: int
    connections: int = 0

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def https(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@asynccontextmanager
async def serve(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """A TCP server that hands each connection to `talk` and closes it afterwards."""
    running: set[asyncio.Task[None]] = set()
    facts = Server(0)

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        facts.connections += 1
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await talk(reader, writer)
        finally:
            running.discard(task)
            writer.close()

    listener = await asyncio.start_server(one, "127.0.0.1", 0, ssl=tls)
    facts.port = listener.sockets[0].getsockname()[1]
    try:
        yield facts
    finally:
        listener.close()
        for task in running:
            task.cancel()


def answers(*responses: bytes) -> Talk:
    """A server that answers one request after the other, the last response for ever."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = list(responses)
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            size = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-len")]
            if size:
                await reader.readexactly(int(size[0].split(b":")[1]))
            writer.write(left.pop(0) if len(left) > 1 else left[0])
            await writer.drain()

    return talk


def then_close(response: bytes) -> Talk:
    """A server that reads one request, answers with these bytes and closes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response)
        await writer.drain()

    return talk


def ok(body: bytes = b"hello", *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@dataclass
class Proxied:
    """A running proxy and a client that goes through it."""

    engine: Engine
    client: httpx.AsyncClient
    count: int = 0

    async def send(self, method: str, url: str, **more: object) -> Captured:
        """Send a tagged request, ignore what the client makes of the answer, fetch the record."""
        self.count += 1
        tag = f"t{self.count}"
        headers = [*more.pop("headers", []), (TAG_HEADER, tag)]  # type: ignore[misc]
        request = self.client.build_request(method, url, headers=headers, **more)
        with contextlib.suppress(httpx.TransportError):
            response = await self.client.send(request, stream=True)
            try:
                async for _ in response.aiter_raw():
                    pass
            finally:
                await response.aclose()
        return await self.engine.captured(tag)

    async def get(self, url: str, **more: object) -> Captured:
        return await self.send("GET", url, **more)


def tls_context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


def to(server: Server, *, scheme: str = "https", **more: object) -> Route:
    """A route on which the public name leads to a little server."""
    local = server.https if scheme == "https" else server.http
    route = Route({PUBLIC: local}, **more)  # type: ignore[arg-type]
    route.allow(PUBLIC)
    return route


type Start = Callable[..., contextlib.AbstractAsyncContextManager[Proxied]]
