"""Network faults on purpose: wrong DNS answers and connections that do not come about."""

import asyncio
import errno
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class DnsFault(StrEnum):
    """How a name fails to resolve."""

    UNKNOWN = "unknown"
    TEMPORARY = "temporary"


class ConnectFault(StrEnum):
    """How a connection fails to come about, or dies."""

    REFUSED = "refused"
    BLACK_HOLE = "black-hole"
    NO_NETWORK = "no-network"
    RESET = "reset"
    """The connection opens, and is reset when the first byte is awaited."""


type DnsAnswer = tuple[str, ...] | DnsFault


@dataclass(frozen=True, kw_only=True)
class NetworkFault:
    """What goes wrong on the way to which host; hosts not named here are left alone."""

    answers: Mapping[str, DnsAnswer] = field(default_factory=dict)
    connects: Mapping[str, ConnectFault] = field(default_factory=dict)
    delays: Mapping[str, float] = field(default_factory=dict)
    """Seconds before a connection to the host is tried."""

    def addresses(self, host: str) -> tuple[str, ...] | None:
        """The DNS answer for a host, None to ask the real resolver; raises gaierror as it would."""
        match self.answers.get(host):
            case DnsFault.UNKNOWN:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            case DnsFault.TEMPORARY:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            case answer:
                return answer

    async def before_connect(self, host: str) -> None:
        """Wait or raise OSError as the network would before a connection opens."""
        if delay := self.delays.get(host, 0.0):
            await asyncio.sleep(delay)
        match self.connects.get(host):
            case ConnectFault.REFUSED:
                raise _os_error(errno.ECONNREFUSED)
            case ConnectFault.NO_NETWORK:
                raise _os_error(errno.ENETUNREACH)
            case ConnectFault.BLACK_HOLE:
                await asyncio.Event().wait()

    def resets(self, host: str) -> bool:
        return self.connects.get(host) is ConnectFault.RESET


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
