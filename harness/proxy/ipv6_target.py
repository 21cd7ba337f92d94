"""Brackets for IPv6 addresses in the request line, which httpcore leaves out towards a proxy."""

import asyncio
import re

_TUNNEL = re.compile(rb"\ACONNECT ([0-9A-Fa-f.]*:[0-9A-Fa-f:.]*):(\d+) ")
_ABSOLUTE = re.compile(rb"\A([A-Z]+ http://)[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?=[/? ])")
_HOST = re.compile(rb"\r\nhost: *(\[[0-9A-Fa-f:.]+\](?::\d+)?)\r\n", re.IGNORECASE)


def with_brackets(data: bytes) -> bytes:
    """The start of a request with its IPv6 target in brackets (RFC 9112 section 3.2)."""
    if found := _TUNNEL.match(data):
        return b"CONNECT [%b]:%b " % found.groups() + data[found.end() :]
    # Without brackets address and port run together here; the Host header tells them apart.
    if (found := _ABSOLUTE.match(data)) and (host := _HOST.search(data)):
        return found[1] + host[1] + data[found.end() :]
    return data


class BracketingReader:
    """A stream reader from a client, with IPv6 targets put right."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def read(self, size: int) -> bytes:
        return with_brackets(await self._reader.read(size))
