"""A recording as a server on loopback, for any client."""

import asyncio
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.model.trace import FailureKind, Request, Trace
from harness.model.wellknown import UrlError, host, origin, split
from harness.reproduce.answers import Answers, Ending, Reply
from harness.reproduce.origins import Origins
from harness.reproduce.places import (
    certificate_fault,
    limits,
    only_failure,
    recorded_origins,
    served,
)
from reference_server import certificates
from reference_server.certificates import Certificate
from reference_server.serve import Cut, listen, serving, until_stopped

_LOCAL_NAMES = ("localhost", "127.0.0.1")
_MOST_BODY = 8 * 1024 * 1024
_NO_BODY = (204, 304)

type Event = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Event]]
type Emit = Callable[[Event], Awaitable[None]]
type Told = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """Where a recorded server listens: under its public names by `maps`, and by itself."""

    target: str
    """What a client of any kind connects to."""
    public_target: str
    maps: tuple[tuple[str, str], ...]
    """Each recorded origin with the one that answers for it."""
    ca_pem: bytes
    """The authorities to trust; empty without TLS."""


@asynccontextmanager
async def recorded_server(
    trace: Trace, *, port: int = 0, tls: bool = True, missed: Told = lambda _: None
) -> AsyncIterator[Recorded]:
    """Serves each recorded origin at a port of its own until the block ends.

    The target's origin takes `port`. Under a recorded name nothing in the answers is changed but
    the values that are alive; under a loopback name the addresses in them are, too. Raises
    RecordingError for a recording without answers, OSError for a port that is taken.
    """
    public = recorded_origins(trace)
    async with AsyncExitStack() as stack:
        listeners = [
            stack.enter_context(listen(port if at == 0 else 0)) for at in range(len(public))
        ]
        ports = [one.getsockname()[1] for one in listeners]
        schemes = [split(one).scheme if tls else "http" for one in public]
        local = {
            name: {
                one: f"{scheme}://{name}:{number}"
                for one, scheme, number in zip(public, schemes, ports, strict=True)
            }
            for name in _LOCAL_NAMES
        }
        views = {
            name: Answers(trace, served=served, origins=Origins(mapping), missed=missed)
            for name, mapping in {"": {}, **local}.items()
        }
        authorities = []
        for place, scheme, listener in zip(public, schemes, listeners, strict=True):
            front = _Front(place, public, views)
            opened = _opened(trace, front, listener, tls=scheme == "https")
            authorities.append(await stack.enter_async_context(opened))
        yield Recorded(
            target=Origins(local["localhost"])(trace.target),
            public_target=trace.target,
            maps=tuple(local["127.0.0.1"].items()),
            ca_pem=b"".join(authorities),
        )


@asynccontextmanager
async def _opened(
    trace: Trace, front: "_Front", listener: socket.socket, *, tls: bool
) -> AsyncIterator[bytes]:
    """One port, in whichever way its origin was reached; gives the authority to trust, if any."""
    certificate, authority = None, b""
    match only_failure(trace, front.place):
        case FailureKind.REFUSED:
            yield b""  # a bound port that does not listen refuses
            return
        case FailureKind.TLS:
            async with await asyncio.start_server(_hang_up, sock=listener):
                yield b""
            return
        case FailureKind.NOT_TLS:
            pass
        case _ if tls:
            certificate, trusted = _certificate(trace, front.place)
            authority = certificate.ca if trusted else b""
    async with serving(front, listener, certificate, own_dates=True) as front.cut:
        yield authority


def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def serve_recording(
    trace: Trace, *, port: int, tls: bool, announce: Told = print, warn: Told
) -> None:
    """Serves in the foreground until Ctrl-C or SIGTERM, and says where and what is not as it was.

    Raises what `recorded_server` does.
    """
    with suppress(KeyboardInterrupt):
        asyncio.run(_foreground(trace, port=port, tls=tls, announce=announce, warn=warn))


async def _foreground(trace: Trace, *, port: int, tls: bool, announce: Told, warn: Told) -> None:
    with tempfile.TemporaryDirectory(prefix="harness-recorded-") as folder:
        async with recorded_server(trace, port=port, tls=tls, missed=warn) as server:
            announce(f"MCP endpoint: {server.target}")
            options = [f"--map {public}={local}" for public, local in server.maps]
            if server.ca_pem:
                ca_file = Path(folder) / "ca.pem"
                ca_file.write_bytes(server.ca_pem)
                announce(f"CA file: {ca_file}")
                options.append(f"--ca {ca_file}")
            for public, local in server.maps:
                announce(f"{public} is at {local}")
            command = " ".join(["harness check", trace.target, *options])
            announce(f"Under the recorded names: {command}")
            for one in limits(trace):
                warn(f"not as recorded: {one}")
            sys.stdout.flush()
            await until_stopped()


def _certificate(trace: Trace, place: str) -> tuple[Certificate, bool]:
    """What to present at an origin, and whether its authority is one to trust."""
    names = (host(place), *_LOCAL_NAMES)
    fault = certificate_fault(trace, place)
    if fault is None:
        return certificates.issue(*dict.fromkeys(names)), True
    if fault.expired:
        return certificates.expired(*dict.fromkeys(names)), True
    if fault.no_intermediate:
        return certificates.without_intermediate(*dict.fromkeys(names)), True
    return certificates.issue(*dict.fromkeys(fault.names or names)), not fault.untrusted


class _Front:
    """The ASGI application of one port."""

    def __init__(self, place: str, public: tuple[str, ...], views: dict[str, Answers]) -> None:
        self.place = place
        self._public = public
        self._views = views
        self.cut: Cut = lambda _: None

    async def __call__(self, scope: Event, receive: Receive, send: Emit) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        body = await _body(receive)
        if body is None:
            return
        headers = tuple((_text(name), _text(value)) for name, value in scope["headers"])
        view, place = self._addressed(dict(headers).get("host", ""))
        path, query = _text(scope["raw_path"]), _text(scope["query_string"])
        request = Request(
            method=scope["method"],
            url=f"{place}{path}{'?' if query else ''}{query}",
            headers=headers,
            body=body,
        )
        await self._speak(view.answer(request), request.method, scope, receive, send)

    def _addressed(self, name: str) -> tuple[Answers, str]:
        """How the client calls this place, and which recorded origin it means."""
        bare = name.lower().rpartition(":")[0] if ":" in name else name.lower()
        if bare in self._views:
            return self._views[bare], self.place
        for place in (self.place, *self._public):
            with suppress(UrlError):
                if origin(f"{split(place).scheme}://{name}") == place:
                    return self._views[""], place
        return self._views["localhost"], self.place

    async def _speak(
        self, reply: Reply, method: str, scope: Event, receive: Receive, send: Emit
    ) -> None:
        await asyncio.sleep(reply.delay)
        if reply.status is not None:
            silent = method == "HEAD" or reply.status in _NO_BODY
            whole = reply.ending is Ending.WHOLE
            length = (("content-length", str(len(reply.body))),) if whole and not silent else ()
            head = [(_bytes(name), _bytes(value)) for name, value in (*reply.headers, *length)]
            await send({"type": "http.response.start", "status": reply.status, "headers": head})
            body = b"" if silent else reply.body
            await send({"type": "http.response.body", "body": body, "more_body": not whole})
            if whole:
                return
        if reply.ending is Ending.SILENT:
            while (await receive())["type"] != "http.disconnect":
                pass
        self.cut(tuple(scope["client"]))


async def _lifespan(receive: Receive, send: Emit) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


async def _body(receive: Receive) -> bytes | None:
    """The request's body as far as it is of use; None when the client has gone."""
    body: bytes = b""
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        body = (body + event.get("body", b""))[:_MOST_BODY]
        if not event.get("more_body", False):
            return body


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()
