"""The connection handler: mitmproxy's own, but it opens server connections our way."""

import asyncio
import logging
import time
from typing import Any, cast

from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import commands, events, mode_servers, server_hooks
from mitmproxy.proxy.server import ConnectionIO

from harness.proxy.dial import MeteredReader
from harness.proxy.failures import DialFailedError
from harness.proxy.ipv6_target import BracketingReader


class Handler(mode_servers.ProxyConnectionHandler):
    """One client connection and the server connections made for it.

    Opening ourselves keeps the public name as the address of the connection, so that it is
    reused, and gives the true error instead of its text.
    """

    master: Any
    """The engine's own master, which has `open_upstream` and `crashed`."""

    def __init__(self, master: Any, reader: Any, *more: Any) -> None:
        super().__init__(master, BracketingReader(reader), *more)  # type: ignore[no-untyped-call]

    async def open_connection(self, command: commands.OpenConnection) -> None:
        server = command.connection
        data = server_hooks.ServerConnectionHookData(client=self.client, server=server)
        await self.handle_hook(server_hooks.ServerConnectHook(data))
        server.timestamp_start = time.time()
        reader: MeteredReader
        writer: asyncio.StreamWriter
        try:
            reader, writer = await self.master.open_upstream(self.client, server)
        except asyncio.CancelledError:
            await self._not_open(command, data, "connection cancelled")
            raise
        except DialFailedError as error:
            await self._not_open(command, data, str(error))
            return
        except Exception as error:
            self.log("opening a connection failed", logging.ERROR, exc_info=True)
            await self._not_open(command, data, f"internal error: {error!r}")
            return
        server.timestamp_tcp_setup = time.time()
        server.state = ConnectionState.OPEN
        server.peername = writer.get_extra_info("peername")
        server.sockname = writer.get_extra_info("sockname")
        self.transports[server] = ConnectionIO(
            handler=asyncio.current_task(),
            reader=cast(asyncio.StreamReader, reader),
            writer=writer,
        )
        await self.handle_hook(server_hooks.ServerConnectedHook(data))
        await self.server_event(events.OpenConnectionCompleted(command, None))
        try:
            await self.handle_connection(server)
        finally:
            server.timestamp_end = time.time()
            await self.handle_hook(server_hooks.ServerDisconnectedHook(data))

    async def _not_open(
        self,
        command: commands.OpenConnection,
        data: server_hooks.ServerConnectionHookData,
        words: str,
    ) -> None:
        command.connection.error = words
        await self.handle_hook(server_hooks.ServerConnectErrorHook(data))
        await self.server_event(events.OpenConnectionCompleted(command, words))

    def log(self, message: str, level: int = logging.INFO, exc_info: Any = None) -> None:
        super().log(message, level, exc_info)
        if level >= logging.ERROR:
            # mitmproxy goes on after an internal error with a client that waits for ever.
            self.master.crashed(self.client, message)


def install() -> None:
    """Make mitmproxy handle every client connection with this handler."""
    mode_servers.ProxyConnectionHandler = Handler  # type: ignore[misc]
