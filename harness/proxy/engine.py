"""Starting and stopping the proxy, and fetching what it saw.

Importing this module imports mitmproxy, which takes 0.3 to 1 s.
"""

import asyncio
import contextlib
import importlib
import ssl
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

# This has to come before everything else of mitmproxy.
# isort: off
from harness.proxy.addons import Core, DisableH2C, NextLayer, Proxyserver, TlsConfig

# isort: on
from mitmproxy import options
from mitmproxy.certs import DEFAULT_DHPARAM
from mitmproxy.connection import Client, Server
from mitmproxy.master import Master
from mitmproxy.net import tls as net_tls

from harness.model.captured import Captured
from harness.model.network import Network
from harness.model.trace import Failure
from harness.proxy import handler, http1
from harness.proxy.authority import (
    client_context,
    default_confdir,
    provide_authority,
    trusted_bundle,
    write_atomically,
)
from harness.proxy.body import Limits
from harness.proxy.callback import CLAUDE_CALLBACK, Callback
from harness.proxy.certificates import PresentedCertificates
from harness.proxy.dial import Streams, open_connection
from harness.proxy.failures import DialFailedError
from harness.proxy.origin import bracketed
from harness.proxy.quiet import quiet_logging
from harness.proxy.reverse import Reverse
from harness.proxy.route import Route
from harness.proxy.tap import TAG_HEADER, Tap

if TYPE_CHECKING:
    from harness.proxy.web import Page

__all__ = ["TAG_HEADER", "Engine", "ProxyError", "engine"]

END_WAIT = 2.0
"""Seconds `captured` waits for an exchange to end."""

CLOSE_WAIT = 5.0
"""Seconds closing may take before connections are left to the loop."""


class ProxyError(Exception):
    """The proxy cannot start or has not seen an exchange; the message is one sentence."""


class Engine:
    """A running proxy."""

    def __init__(self, master: "_Master", ca_file: Path, log: deque[str]) -> None:
        self._master = master
        self.ca_file = ca_file
        """PEM file with the certificate authority that a client must trust."""
        self.log = log
        """mitmproxy's own latest warnings."""

    @property
    def port(self) -> int:
        port = self._master.route.own_port
        assert port is not None
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def route(self) -> Route:
        return self._master.route

    @property
    def callback(self) -> Callback:
        return self._master.callback

    def client_context(self) -> ssl.SSLContext:
        """A TLS context for a client that trusts the proxy and nothing else."""
        return client_context(self.ca_file)

    async def captured(self, tag: str, *, cut: Failure | None = None) -> Captured:
        """The exchange that was sent with the header `x-harness-exchange: <tag>`.

        Waits a little for its end. When the client closed early it holds what was seen so far;
        `cut` is then the reason and overrides any other failure. Each exchange can be fetched once;
        raises ProxyError for a tag that did not come by.
        """
        record = self._master.tap.take(tag)
        if record is None:
            raise ProxyError(f"No exchange with the tag {tag!r} came through the proxy.")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(record.ended.wait(), END_WAIT)
        return record.captured(cut)

    @asynccontextmanager
    async def page(self) -> AsyncIterator["Page"]:
        """Show all that goes on in mitmweb, unredacted, until the block ends."""
        await asyncio.to_thread(importlib.import_module, "mitmproxy.tools.web.app")
        from harness.proxy.web import page

        async with page(self._master, self._master.tap) as one:
            yield one


@asynccontextmanager
async def engine(
    *,
    routes: Route,
    trusted_ca: Sequence[Path] = (),
    port: int = 0,
    network: Network | None = None,
    confdir: Path | None = None,
    redirect_uri: str = CLAUDE_CALLBACK,
    limits: Limits | None = None,
    on_untagged: Callable[[Captured], None] | None = None,
    reverse: Reverse | None = None,
) -> AsyncIterator[Engine]:
    """Run the proxy on 127.0.0.1, or in front of servers; one at a time per process.

    `trusted_ca` is trusted for servers besides the public authorities. `on_untagged` is called
    with each ended exchange that carried no tag. Raises ProxyError when it cannot start.
    """
    confdir = confdir or default_confdir()
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(quiet_logging())
        try:
            ca_file = provide_authority(confdir)
            _provide_dhparam(confdir)
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="harness-")))
            bundle = trusted_bundle(trusted_ca, scratch)
        except (OSError, ValueError) as error:
            raise ProxyError(f"The proxy's certificates cannot be prepared: {error}") from error
        master = _Master(
            options.Options(
                mode=[f"reverse:{reverse.upstream}" if reverse else "regular"],
                listen_host=reverse.host if reverse else "127.0.0.1",
                listen_port=reverse.port if reverse else port,
                confdir=str(confdir),
            ),
            route=routes,
            network=network or Network(),
        )
        master.assemble(
            Callback(redirect_uri),
            limits or Limits(),
            on_untagged,
            reverse=reverse,
            trusted=str(bundle),
        )
        try:
            await master.start()
            yield Engine(master, ca_file, log)
        finally:
            await master.close()


class _Master(Master):
    """mitmproxy without its own run loop: started and closed by us, on our loop."""

    tap: Tap
    callback: Callback

    def __init__(self, opts: options.Options, *, route: Route, network: Network) -> None:
        super().__init__(opts)
        # Else every record of the root logger is posted to the loop.
        self._legacy_log_events.uninstall()
        self.route = route
        self._network = network
        self._server = Proxyserver()  # type: ignore[no-untyped-call]

    def assemble(
        self,
        callback: Callback,
        limits: Limits,
        on_untagged: Callable[[Captured], None] | None,
        *,
        reverse: Reverse | None,
        trusted: str,
    ) -> None:
        handler.install()
        http1.install()
        self.callback = callback
        self.tap = Tap(
            route=self.route,
            callback=callback,
            limits=limits,
            close_client=self._close_client,
            on_untagged=on_untagged,
            reverse=reverse,
        )
        self.addons.add(  # type: ignore[no-untyped-call]
            self.tap,
            Core(),
            DisableH2C(),
            self._server,
            NextLayer(),
            TlsConfig(),
            PresentedCertificates(self.tap.dial_of),
        )
        self.options.update(  # type: ignore[no-untyped-call]
            # Lazy: every failure then belongs to a request, never to a CONNECT.
            connection_strategy="lazy",
            http2=False,
            rawtcp=False,
            websocket=False,
            # Real clients accept more than mitmproxy does; what must be refused the tap refuses.
            # Strangers are another matter: what two servers read in two ways stops here.
            validate_inbound_headers=reverse is not None,
            keep_host_header=True,
            ssl_verify_upstream_trusted_ca=trusted,
        )

    async def start(self) -> None:
        if not await self._server.setup_servers():
            errors = [server.last_exception for server in self._server.servers]
            raise ProxyError(_listen_error(next(filter(None, errors), None), self.options))
        await self.running()
        self.route.own_port = self._server.listen_addrs()[0][1]

    async def close(self) -> None:
        """Stop listening and end every connection, in bounded time."""
        await self._server.servers.update([])
        self.route.own_port = None
        for client in list(self._server.connections.values()):
            for transport in list(client.transports.values()):
                if transport.handler is not None:
                    transport.handler.cancel("the proxy closes")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WAIT):
                # mitmproxy has no event for its last connection.
                while self._server.connections:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
        await self.done()
        # mitmproxy keeps a context per authority file; this file is not used again.
        net_tls.create_proxy_server_context.cache_clear()

    async def open_upstream(self, client: Client, server: Server) -> Streams:
        """Open a server connection for a client; raises DialFailedError."""
        dial = self.tap.dialling(client, server)
        try:
            if server.error:
                # Another addon refused it; mitmproxy's own does so for loops.
                raise self.route.refusal(dial.host, dial.port, server.error)
            return await open_connection(dial, self.route, self._network)
        except DialFailedError as error:
            dial.failure = error.failure
            raise

    def crashed(self, client: Client, words: str) -> None:
        self.tap.crashed(client, words)

    def _close_client(self, client_id: str) -> None:
        connection = self._server.connections.get(client_id)
        if connection is None:
            return
        transport = connection.transports.get(connection.client)
        if transport is not None and transport.handler is not None:
            transport.handler.cancel("closed by the harness")


def _provide_dhparam(confdir: Path) -> None:
    """Write the file that mitmproxy would write itself, but not in one step."""
    path = confdir / "mitmproxy-dhparam.pem"
    if not path.exists():
        write_atomically(path, DEFAULT_DHPARAM)


def _listen_error(error: Exception | None, opts: options.Options) -> str:
    place = f"{bracketed(opts.listen_host)}:{opts.listen_port}"
    reason = getattr(error, "__cause__", None) or error
    return f"The proxy cannot listen on {place}: {reason}."
