"""Opening one connection to a server: name, address, TCP."""

import asyncio
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.model.network import Network
from harness.model.trace import Certificate, Failure, FailureKind
from harness.proxy.failures import DialFailedError, connect_failure, dns_failure
from harness.proxy.network_fault import before_connect, given_addresses, resets
from harness.proxy.origin import Origin, bracketed, is_address
from harness.proxy.route import Route

HEADER_LIMIT = 512 << 10
"""Bytes a server may send before its response headers are complete, TLS handshake included."""

type Streams = tuple["MeteredReader", asyncio.StreamWriter]


@dataclass
class Dial:
    """What is known about one connection to a server; filled in while it opens."""

    host: str
    port: int
    addresses: tuple[str, ...] = ()
    trying: str | None = None
    """Address and port of the latest attempt."""
    peer: str | None = None
    local: Origin | None = None
    dns: float | None = None
    """Milliseconds; None when no name was asked for."""
    connect: float | None = None
    failure: Failure | None = None
    certificates: tuple[Certificate, ...] = ()
    verify_errors: list[str] = field(default_factory=list)
    tls_error: str | None = None
    reset: bool = False
    """The peer ended the connection with a reset instead of a close."""
    flooded: bool = False
    """The peer sent more than HEADER_LIMIT bytes without completing its headers."""
    used: bool = False
    """An exchange went over this connection before."""
    meter: "MeteredReader | None" = None


class MeteredReader:
    """A stream reader that notes a reset and stops a peer that floods us before its headers."""

    def __init__(self, reader: asyncio.StreamReader, dial: Dial, *, reset: bool = False) -> None:
        self._reader = reader
        self._dial = dial
        self._reset = reset
        self._left: int | None = HEADER_LIMIT

    def expect_headers(self) -> None:
        self._left = HEADER_LIMIT

    def expect_body(self) -> None:
        self._left = None

    async def read(self, size: int) -> bytes:
        try:
            if self._reset:
                raise ConnectionResetError("Connection reset by peer")
            data = await self._reader.read(size)
        except ConnectionResetError:
            self._dial.reset = True
            raise
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                self._dial.flooded = True
                raise OSError("too many bytes before the response headers were complete")
        return data


async def open_connection(dial: Dial, route: Route, network: Network) -> Streams:
    """Resolve and connect within the route's time; fills in `dial`, raises DialFailedError."""
    route.check_name(dial.host, dial.port)
    dial.local = route.local_at(dial.host, dial.port)
    try:
        async with asyncio.timeout(route.connect_timeout) as limit:
            addresses, port = await _places(dial, route, network)
            return await _first_open(dial, addresses, port, route=route, network=network)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise DialFailedError(dial.failure or _too_slow(dial, route.connect_timeout)) from error


async def _places(dial: Dial, route: Route, network: Network) -> tuple[Sequence[str], int]:
    """The addresses and the port to try."""
    try:
        given = given_addresses(network, dial.host)
        if given is not None:
            dial.addresses = given
        elif dial.local is None:
            dial.addresses = await _timed_resolve(dial, route)
        dialled = await route.dialled(dial.host, dial.port, dial.addresses)
        if dial.local is None:
            return dialled, dial.port
        reached = await route.resolve(dial.local.host)
        dial.addresses = dial.addresses or reached
        return reached, dial.local.port
    except (socket.gaierror, UnicodeError) as error:
        raise DialFailedError(dns_failure(dial.host, error)) from error


async def _timed_resolve(dial: Dial, route: Route) -> tuple[str, ...]:
    begun = time.perf_counter()
    try:
        return await route.resolve(dial.host)
    finally:
        if not is_address(dial.host):
            dial.dns = _ms_since(begun)


async def _first_open(
    dial: Dial, addresses: Sequence[str], port: int, *, route: Route, network: Network
) -> Streams:
    """Try the addresses in turn, each with its share of the time; report the first error."""
    begun = time.perf_counter()
    for index, address in enumerate(addresses):
        dial.trying = f"{bracketed(address)}:{port}"
        if port == route.own_port and address in ("127.0.0.1", "::1"):
            text = f"{dial.host} leads back to the harness itself ({dial.trying})"
            raise route.refusal(dial.host, dial.port, text)
        others = len(addresses) - index - 1
        share = (begun + route.connect_timeout - time.perf_counter()) / (others + 1)
        try:
            # The last one has all the time that is left.
            async with asyncio.timeout(share if others else None) as limit:
                await before_connect(network, dial.host)
                reader, writer = await asyncio.open_connection(address, port)
        except OSError as error:
            failed = (
                _no_answer(dial, share)
                if limit.expired()
                else connect_failure(dial.host, dial.trying, error)
            )
            dial.failure = dial.failure or failed
        else:
            dial.failure = None
            dial.peer = dial.trying
            dial.connect = _ms_since(begun)
            dial.meter = MeteredReader(reader, dial, reset=resets(network, dial.host))
            return dial.meter, writer
    raise DialFailedError(dial.failure or Failure(FailureKind.DNS, f"{dial.host} has no address"))


def _too_slow(dial: Dial, seconds: float) -> Failure:
    if dial.trying is None:
        text = f"DNS did not answer for {dial.host} within {seconds:.1f} s"
        return Failure(FailureKind.DNS_TEMPORARY, text)
    return _no_answer(dial, seconds)


def _no_answer(dial: Dial, seconds: float) -> Failure:
    text = f"{dial.trying} did not answer the connection attempt for {dial.host}"
    return Failure(FailureKind.CONNECT_TIMEOUT, f"{text} within {seconds:.1f} s")


def _ms_since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
