"""Network faults on purpose: wrong DNS answers and connections that do not come about."""

import asyncio
import errno
import os
import socket

from harness.model.network import ConnectFault, DnsFault, Network


def given_addresses(network: Network, host: str) -> tuple[str, ...] | None:
    """The DNS answer for a host, None to ask the real resolver; raises gaierror as it would."""
    match network.answers.get(host):
        case DnsFault.UNKNOWN:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        case DnsFault.TEMPORARY:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        case answer:
            return answer


async def before_connect(network: Network, host: str) -> None:
    """Wait or raise OSError as the network would before a connection opens."""
    if delay := network.delays.get(host, 0.0):
        await asyncio.sleep(delay)
    match network.connects.get(host):
        case ConnectFault.REFUSED:
            raise _os_error(errno.ECONNREFUSED)
        case ConnectFault.NO_NETWORK:
            raise _os_error(errno.ENETUNREACH)
        case ConnectFault.BLACK_HOLE:
            await asyncio.Event().wait()


def resets(network: Network, host: str) -> bool:
    return network.connects.get(host) is ConnectFault.RESET


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
