"""The reference server behind a pass-through that adds a token, for a suite that cannot sign in."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

from sign_in import sign_in

from reference_server.serve import Running, local_settings, running
from reference_server.settings import Settings

CLIENT = "conformance"
CALLBACK = "http://127.0.0.1/callback"
"""Registered without a port, since on loopback every port is right (RFC 8252 section 7.3)."""
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # of VERIFIER, RFC 7636 appendix B


@dataclass
class PassThrough:
    """Where the server is reached, and the token that calls of the MCP endpoint get."""

    port: int = 0
    server: Running | None = None
    token: str | None = None
    open_connections: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"{self.origin}/mcp"


@asynccontextmanager
async def served(*, fixtures: bool = True) -> AsyncIterator[PassThrough]:
    """The server in plain http, known by the address of the pass-through in front of it."""
    front = PassThrough()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        front.open_connections.add(task)
        try:
            # A client that hangs up is no news, neither is the end of the test.
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await _pass(front, reader, writer)
        finally:
            front.open_connections.discard(task)
            writer.close()

    # The front listens before the server has its settings, so that no port can be lost to others.
    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    front.port = listening.sockets[0].getsockname()[1]
    given = Settings(clients=((CLIENT, None, (CALLBACK,)),), fixtures=fixtures)
    settings = local_settings(given, front.port, tls=False)
    try:
        async with running(settings, tls=False) as server:
            front.server = server
            yield front
    finally:
        listening.close()
        for task in set(front.open_connections):
            task.cancel()


async def signed_in(front: PassThrough) -> str:
    """An access token from a whole sign-in."""
    codes: asyncio.Queue[str] = asyncio.Queue()

    async def called_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        codes.put_nowait(parse_qs(urlsplit(target).query)["code"][0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        writer.close()

    async with await asyncio.start_server(called_back, "127.0.0.1", 0) as callback:
        port = callback.sockets[0].getsockname()[1]
        shared = {
            "client_id": CLIENT,
            "redirect_uri": f"http://127.0.0.1:{port}/callback",
            "resource": front.endpoint,
        }
        asked = {
            "response_type": "code",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "scope": "notes:read",
        }
        query = urlencode(shared | asked)
        await asyncio.to_thread(sign_in, f"{front.origin}/oauth/authorize?{query}")
        code = await asyncio.wait_for(codes.get(), 10)
    grant = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    return await asyncio.to_thread(_redeem, f"{front.origin}/oauth/token", shared | grant)


def _redeem(url: str, fields: dict[str, str]) -> str:
    with urlopen(url, urlencode(fields).encode(), timeout=10) as response:
        return str(json.load(response)["access_token"])


async def _pass(
    front: PassThrough, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One request and its answer, with all headers untouched but those of this hop."""
    assert front.server is not None
    head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[:-2]
    target = head[0].split()[1]
    # One request on each connection, so that nothing has to be known of where a body ends.
    kept = [line for line in head if not line.lower().startswith((b"connection:", b"keep-alive:"))]
    kept.append(b"Connection: close")
    known = any(line.lower().startswith(b"authorization:") for line in head)
    if front.token is not None and not known and target.split(b"?")[0] == b"/mcp":
        kept.append(b"Authorization: Bearer " + front.token.encode())
    answers, requests = await asyncio.open_connection("127.0.0.1", front.server.port)
    requests.write(b"\r\n".join(kept) + b"\r\n\r\n")
    sending = asyncio.create_task(_pipe(reader, requests))
    try:
        await _pipe(answers, writer)
    finally:
        sending.cancel()
        requests.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    with suppress(OSError):
        # Whoever stops on one side is no longer waited for on the other.
        writer.close()
