"""Running the reference server in the current event loop, or as a foreground program."""

import asyncio
import logging
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from harness.model.answer import BendAnswer, BendRequest
from reference_server.app import build_app
from reference_server.certificates import Certificate, issue, tls_context
from reference_server.client_documents import fetch_published
from reference_server.server import FetchDocument, Server
from reference_server.settings import Settings

# What the SDK logs about a bad request is no news here, and must not reach a terminal by itself.
for _library in ("mcp", "sse_starlette"):
    logging.getLogger(_library).addHandler(logging.NullHandler())

STOP_SECONDS = 2.0
"""How long requests in flight may take to notice that their client is cut off."""


type Cut = Callable[[tuple[str, int]], None]
"""Closes the connection from a client's address at once, without another word."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server that listens on loopback."""

    settings: Settings
    port: int
    ca_pem: bytes
    """The authority to trust; empty without TLS."""
    origin: str
    """Where it listens; the names in `settings` have to be routed there."""


@asynccontextmanager
async def running(
    settings: Settings | None = None,
    *,
    bend_answer: BendAnswer | None = None,
    bend_request: BendRequest | None = None,
    port: int = 0,
    tls: bool = True,
    certificate: Certificate | None = None,
    fetch: FetchDocument = fetch_published,
) -> AsyncIterator[Running]:
    """Serves on 127.0.0.1 until the block ends, then cuts what is still open.

    Port 0 takes a free one. Without a certificate one is made, with an authority of its own.
    """
    server = Server(settings=settings or Settings(), fetch=fetch)
    app = build_app(server, bend_answer=bend_answer, bend_request=bend_request)
    if tls and certificate is None:
        certificate = issue()
    with listen(port) as listener:
        async with serving(app, listener, certificate if tls else None):
            port = listener.getsockname()[1]
            yield Running(
                settings=server.settings,
                port=port,
                ca_pem=certificate.ca if tls and certificate is not None else b"",
                origin=f"{'https' if tls else 'http'}://127.0.0.1:{port}",
            )


def local_settings(settings: Settings, port: int, *, tls: bool = True) -> Settings:
    """The settings with the resource and the issuer on one loopback origin."""
    origin = f"{'https' if tls else 'http'}://localhost:{port}"
    return replace(settings, resource=f"{origin}/mcp", issuer=origin)


def serve_forever(
    settings: Settings | None = None,
    *,
    port: int = 0,
    tls: bool = True,
    local: bool = True,
    ca_file: Path | None = None,
    announce: Callable[[str], None] = print,
    bend_answer: BendAnswer | None = None,
    bend_request: BendRequest | None = None,
) -> None:
    """Serves in the foreground until Ctrl-C or SIGTERM, and says where.

    With `local` the resource and the issuer become one origin, `https://localhost:PORT`; without
    it they keep their names, which somebody else has to route here. Without a CA file the
    authority is written to a temporary one that goes away at the end.
    """
    if port == 0:
        with listen(0) as probe:
            port = probe.getsockname()[1]
    settings = settings or Settings()
    if local:
        settings = local_settings(settings, port, tls=tls)
    with tempfile.TemporaryDirectory(prefix="reference-server-") as folder:
        certificate = issue() if tls else None
        announce(f"MCP endpoint: {settings.resource}")
        if certificate is not None:
            where = ca_file or Path(folder) / "ca.pem"
            where.write_bytes(certificate.ca)
            announce(f"CA file: {where}")
        server = running(
            settings,
            bend_answer=bend_answer,
            bend_request=bend_request,
            port=port,
            tls=tls,
            certificate=certificate,
        )
        with suppress(KeyboardInterrupt):
            asyncio.run(_foreground(server, announce))


async def _foreground(
    starting: AbstractAsyncContextManager[Running], announce: Callable[[str], None]
) -> None:
    async with starting as server:
        announce(f"Listening on: {server.origin}")
        sys.stdout.flush()
        await until_stopped()


async def until_stopped() -> None:
    """Returns on SIGTERM; Ctrl-C cancels it."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # not every platform's loop has signal handlers
        loop.add_signal_handler(signal.SIGTERM, stopped.set)
    try:
        await stopped.wait()
    finally:
        with suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGTERM)


def listen(port: int) -> socket.socket:
    """A socket on loopback; raises OSError for a port that is taken."""
    # asyncio sets TCP_NODELAY on accepted sockets only if the protocol is named here; without it
    # every answer on a kept-alive connection is 40 ms late.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener


@asynccontextmanager
async def serving(
    app: ASGIApp,
    listener: socket.socket,
    certificate: Certificate | None,
    *,
    own_dates: bool = False,
) -> AsyncIterator[Cut]:
    """uvicorn without its own way of starting and stopping, which belongs to a whole process.

    With `own_dates` the Date header is left to the application.
    """
    context = tls_context(certificate) if certificate is not None else None
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        # Longer than a person takes to sign in, so that no proxy meets a connection just closed.
        timeout_keep_alive=75,
        proxy_headers=False,
        server_header=False,
        date_header=not own_dates,
        ssl_context_factory=(lambda *_: context) if context is not None else None,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    ticks = asyncio.create_task(server.main_loop())

    def cut(client: tuple[str, int]) -> None:
        for connection in list(server.server_state.connections):
            transport = connection.transport
            if transport.get_extra_info("peername") == client:
                transport.abort()

    try:
        yield cut
    finally:
        ticks.cancel()
        with suppress(asyncio.CancelledError):
            await ticks
        await _stop(server)


async def _stop(server: uvicorn.Server) -> None:
    """Stops listening, cuts every connection, and waits for what ran on them."""
    for listening in server.servers:
        listening.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    tasks = set(server.server_state.tasks)
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    await server.lifespan.shutdown()
    for listening in server.servers:
        await listening.wait_closed()
    await _end_stream_watcher()


async def _end_stream_watcher() -> None:
    """Ends the task by which sse_starlette waits for the end of a process, which we are not."""
    watchers = [
        task
        for task in asyncio.all_tasks()
        if getattr(task.get_coro(), "__qualname__", "") == "_shutdown_watcher"
    ]
    for watcher in watchers:
        watcher.cancel()
    await asyncio.gather(*watchers, return_exceptions=True)
