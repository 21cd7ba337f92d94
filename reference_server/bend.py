"""The seam where faults bend what the server hears and what it says."""

import asyncio
from urllib.parse import unquote, urlsplit

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.model.answer import Answer, Asked, BendAnswer, BendRequest
from reference_server.bodies import TooLargeError, read_body, replay
from reference_server.settings import Settings, origin_of

type RawHeaders = list[tuple[bytes, bytes]]

WITHOUT_BODY = (204, 304)


def bend(
    app: ASGIApp,
    settings: Settings,
    *,
    bend_answer: BendAnswer | None = None,
    bend_request: BendRequest | None = None,
) -> ASGIApp:
    """The application as a faulty server, or one behind a faulty intermediary, would look.

    `bend_answer` is given the request as it arrived, also where `bend_request` altered it. Answers
    are collected whole before they are bent, except an event stream that answers a GET: there
    `bend_answer` sees an empty body. If it keeps body and media type the stream goes on under the
    bent status and headers, otherwise its answer is sent instead.
    """

    async def bent_app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        try:
            body = await read_body(receive)
        except ClientDisconnect:
            return
        except TooLargeError:
            await PlainTextResponse("Request body too large", 413)(scope, receive, send)
            return
        asked = asked_of(scope, body, settings)
        heard = bend_request(asked) if bend_request is not None else asked
        if heard is not asked:
            scope = scope_of(heard, asked, scope)
        if bend_answer is None:
            await app(scope, replay(heard.body, receive), send)
            return
        mouth = _Mouth(asked, bend_answer, send)
        await app(scope, mouth.receive(replay(heard.body, receive)), mouth.send)

    return bent_app


def asked_of(scope: Scope, body: bytes, settings: Settings) -> Asked:
    """The request under the URL its client knows, whatever terminates TLS in front of us."""
    headers = _text(scope["headers"])
    host = next((value for name, value in headers if name.lower() == "host"), "")
    public = {
        urlsplit(url).netloc.lower(): urlsplit(url).scheme
        for url in (settings.issuer, settings.resource)
    }
    scheme = public.get(host.lower(), scope["scheme"])
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")
    return Asked(
        method=scope["method"],
        url=f"{scheme}://{host}{path}{'?' if query else ''}{query}",
        headers=headers,
        body=body,
    )


def scope_of(heard: Asked, asked: Asked, scope: Scope) -> Scope:
    """The ASGI scope of an altered request; a moved host and a new length reach the headers."""
    if origin_of(heard.url) != origin_of(asked.url):
        heard = _with_header(heard, "host", urlsplit(heard.url).netloc)
    if heard.body != asked.body:
        heard = _with_header(heard, "content-length", str(len(heard.body)))
    query = heard.url.partition("?")[2]
    return {
        **scope,
        "method": heard.method,
        "path": unquote(heard.path),
        "raw_path": heard.path.encode("latin-1", "replace"),
        "query_string": query.encode("latin-1", "replace"),
        "headers": [(name.lower(), value) for name, value in _raw(heard.headers)],
    }


class _Mouth:
    """Collects one answer of the application, has it bent, and speaks it."""

    def __init__(self, asked: Asked, bend_answer: BendAnswer, send: Send) -> None:
        self._asked = asked
        self._bend = bend_answer
        self._send = send
        self._start: Message = {}
        self._body = bytearray()
        self._streams = False
        self._spoken = asyncio.Event()

    async def send(self, message: Message) -> None:
        if self._spoken.is_set():
            return  # an answer was sent instead of the stream that still goes on here
        if self._streams:
            await self._send(message)
        elif message["type"] == "http.response.start":
            self._start = message
            await self._open()
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._speak(self._bent(bytes(self._body)))

    def receive(self, receive: Receive) -> Receive:
        """Tells an application that still streams into nothing that its client has gone."""

        async def until_spoken() -> Message:
            real = asyncio.ensure_future(receive())
            spoken = asyncio.ensure_future(self._spoken.wait())
            try:
                await asyncio.wait((real, spoken), return_when=asyncio.FIRST_COMPLETED)
                return real.result() if real.done() else {"type": "http.disconnect"}
            finally:
                real.cancel()
                spoken.cancel()

        return until_spoken

    async def _open(self) -> None:
        """Lets an event stream that answers a GET begin; anything else waits for its body."""
        headers = _text(self._start.get("headers", []))
        before = Answer(self._start["status"], headers)
        if self._asked.method != "GET" or not _is_event_stream(before):
            return
        after = self._bend(self._asked, before)
        if after.body or not _is_event_stream(after) or after.status in WITHOUT_BODY:
            await self._speak(after)
            return
        self._streams = True
        await asyncio.sleep(after.delay)
        await self._send({**self._start, **_head(after)})

    def _bent(self, body: bytes) -> Answer:
        return self._bend(
            self._asked,
            Answer(self._start["status"], _text(self._start.get("headers", [])), body),
        )

    async def _speak(self, answer: Answer) -> None:
        await asyncio.sleep(answer.delay)
        silent = answer.status in WITHOUT_BODY
        head = answer.without_header("content-length").without_header("transfer-encoding")
        if not silent:
            head = head.with_header("content-length", str(len(answer.body)))
        await self._send({"type": "http.response.start", **_head(head)})
        body = b"" if silent or self._asked.method == "HEAD" else answer.body
        await self._send({"type": "http.response.body", "body": body})
        self._spoken.set()


def _is_event_stream(answer: Answer) -> bool:
    return (answer.header("content-type") or "").lower().startswith("text/event-stream")


def _head(answer: Answer) -> dict[str, object]:
    return {"status": answer.status, "headers": _raw(answer.headers)}


def _with_header(asked: Asked, name: str, value: str) -> Asked:
    kept = tuple(pair for pair in asked.headers if pair[0].lower() != name)
    return Asked(asked.method, asked.url, (*kept, (name, value)), asked.body)


def _text(headers: RawHeaders) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _raw(headers: tuple[tuple[str, str], ...]) -> RawHeaders:
    """As bytes; a character beyond latin-1 goes out as UTF-8, the way careless servers do it."""
    return [(_bytes(name), _bytes(value)) for name, value in headers]


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()
