"""Which hosts are contacted, and where a public name leads."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import ip_address

from harness.model.trace import Failure, FailureKind
from harness.proxy.callback import belongs_to_claude
from harness.proxy.failures import DialFailedError
from harness.proxy.origin import Origin, bracketed, is_address, parse_origin

CONNECT_TIMEOUT = 10.0
"""Seconds for DNS and TCP together."""

MOST_REFUSED = 200
"""Refused hosts that are remembered."""

type Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""Returns the addresses of a host name; raises socket.gaierror as getaddrinfo does."""


async def resolve_name(host: str) -> list[str]:
    """Ask the operating system for the addresses of a name.

    The thread is a daemon of its own: a resolver that hangs must not hold up the exit.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(result: list[str] | None, error: Exception | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result or [])

    def ask() -> None:
        result: list[str] | None = None
        failed: Exception | None = None
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            result = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        except (OSError, UnicodeError) as error:
            failed = error
        # A closed loop means that nobody waits any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    return await answer


class Route:
    """The hosts of one connection check: which are allowed, and which live elsewhere.

    `maps` leads public origins to local ones, as `{"https://mcp.example": "http://127.0.0.1:80"}`;
    raises ValueError for anything that is not an origin. The first host allowed is the target.
    """

    def __init__(
        self,
        maps: Mapping[str, str] | None = None,
        *,
        resolve: Resolve = resolve_name,
        connect_timeout: float = CONNECT_TIMEOUT,
    ) -> None:
        self.maps = {
            parse_origin(public): parse_origin(local) for public, local in (maps or {}).items()
        }
        self.connect_timeout = connect_timeout
        self.refused: list[str] = []
        """Hosts or origins that were asked for and not contacted, each once."""
        self.own_port: int | None = None
        """The port of the proxy itself, which must not be dialled."""
        self._resolve = resolve
        self._allowed: list[str] = []
        self._target_is_public: bool | None = None

    def allow(self, url: str) -> None:
        """Let the host of an http(s) URL be contacted; raises ValueError for other URLs."""
        host = parse_origin(url).host
        if host not in self._allowed:
            self._allowed.append(host)

    def lead_back(self, url: str) -> None:
        """Let the origin of a loopback redirect URI be contacted, whatever the target is.

        Raises ValueError when the address is not on loopback.
        """
        found = parse_origin(url)
        if found.host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError(f"{found} is not on this machine")
        self.maps[found] = found
        self.allow(url)

    def allows(self, url: str) -> bool:
        """True when the host of an http(s) URL may be contacted."""
        try:
            return parse_origin(url).host in self._allowed
        except ValueError:
            return False

    def local(self, public: Origin) -> Origin | None:
        """The origin that answers in place of a public one."""
        return self.maps.get(public)

    def local_at(self, host: str, port: int) -> Origin | None:
        for public, local in self.maps.items():
            if (public.host, public.port) == (host, port):
                return local
        return None

    def refusal(self, host: str, port: int, text: str) -> DialFailedError:
        """Note that a host is not contacted, and give the error to raise."""
        place = bracketed(host) if port in (80, 443) else f"{bracketed(host)}:{port}"
        if place not in self.refused and len(self.refused) < MOST_REFUSED:
            self.refused.append(place)
        return DialFailedError(Failure(FailureKind.BLOCKED, text))

    def check_name(self, host: str, port: int) -> None:
        """Raises DialFailedError for a host that must not even be resolved."""
        if belongs_to_claude(host):
            text = f"{host} belongs to Claude: the harness answers in its place"
            raise self.refusal(host, port, text)
        if host not in self._allowed:
            text = f"{host} is not part of this connection, so it was not contacted"
            raise self.refusal(host, port, text)

    async def resolve(self, host: str) -> tuple[str, ...]:
        """The addresses of a host, IPv4 first; raises OSError or UnicodeError."""
        if is_address(host):
            return (host,)
        found = [str(address) for address in await self._resolve(host)]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "No address associated with hostname")
        return tuple(sorted(found, key=lambda address: ":" in address))

    async def dialled(self, host: str, port: int, addresses: Sequence[str]) -> Sequence[str]:
        """The addresses that may be dialled; raises DialFailedError when none may.

        What a public server names must not lead into the user's own network.
        """
        public = [address for address in addresses if _is_public(address)]
        if host == self._target and self._target_is_public is None:
            self._target_is_public = bool(public)
        private = [address for address in addresses if address not in public]
        if not private:
            return addresses
        if await self._public_target():
            if public:
                return public
            text = (
                f"{host} resolves to {private[0]}, an address inside a private network, "
                f"while {self._target} is a public server; it was not contacted"
            )
            raise self.refusal(host, port, text)
        if host != self._target and any(map(_is_link_local, private)):
            text = f"{host} resolves to the link-local address {private[0]}; it was not contacted"
            raise self.refusal(host, port, text)
        return addresses

    @property
    def _target(self) -> str | None:
        return self._allowed[0] if self._allowed else None

    async def _public_target(self) -> bool:
        if self._target_is_public is None and self._target is not None:
            if any(public.host == self._target for public in self.maps):
                self._target_is_public = False
            else:
                try:
                    addresses = await self.resolve(self._target)
                except (OSError, UnicodeError):
                    return True
                self._target_is_public = any(map(_is_public, addresses))
        return bool(self._target_is_public)


def _is_public(address: str) -> bool:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return found.is_global and not found.is_multicast


def _is_link_local(address: str) -> bool:
    try:
        return ip_address(address.partition("%")[0]).is_link_local
    except ValueError:
        return True
