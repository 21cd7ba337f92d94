"""One exchange while it happens, and its turn into plain data at the end."""

import asyncio
import time
from dataclasses import dataclass, field, replace

from mitmproxy import http
from mitmproxy.connection import Server

from harness.model.captured import Captured
from harness.model.trace import (
    Connection,
    Failure,
    FailureKind,
    Headers,
    Request,
    Response,
    Timing,
)
from harness.proxy.body import BodyTap
from harness.proxy.dial import Dial
from harness.proxy.origin import Origin


@dataclass(kw_only=True)
class Record:
    """What is known so far about one exchange."""

    tag: str | None
    id: str
    origin: Origin
    request: Request
    started: float
    client: str = ""
    requested: float | None = None
    """When the request was complete; seconds since the epoch, as all times here."""
    response: Response | None = None
    answered: float | None = None
    body: BodyTap | None = None
    dial: Dial | None = None
    server: Server | None = None
    reused: bool = False
    failure: Failure | None = None
    client_left: bool = False
    finished: float | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        if self.finished is None:
            self.finished = time.time()
        self.ended.set()

    def captured(self, cut: Failure | None = None) -> Captured:
        """The exchange as seen up to now; `cut` overrides the failure."""
        failure = cut or self.failure
        if failure is None and self.response is None:
            text = f"{self.origin.host} had not answered when the client stopped waiting"
            failure = Failure(FailureKind.TIMEOUT, text)
        return Captured(
            request=self.request,
            response=self._response(broken=failure is not None),
            failure=failure,
            connection=self._connection(),
            timing=self._timing(),
            started=self.started,
            client=self.client,
            id=self.id,
        )

    def _response(self, *, broken: bool) -> Response | None:
        if self.response is None or self.body is None:
            return self.response
        stopped = not self.ended.is_set() or self.client_left
        return replace(
            self.response,
            body=self.body.body,
            wire_size=self.body.wire_size,
            truncated=broken or stopped or self.body.over,
            encoding_error=self.body.encoding_error,
        )

    def _connection(self) -> Connection:
        dial = self.dial or Dial(self.origin.host, self.origin.port)
        server = self.server
        return Connection(
            host=self.origin.host,
            port=self.origin.port,
            addresses=dial.addresses,
            peer=dial.peer,
            mapped_to=str(dial.local) if dial.local else None,
            sni=server.sni if server and server.tls and dial.peer else None,
            tls_version=server.tls_version if server else None,
            cipher=server.cipher if server else None,
            alpn=server.alpn.decode("ascii", "replace") if server and server.alpn else None,
            certificates=dial.certificates,
            verify_errors=tuple(dial.verify_errors),
        )

    def _timing(self) -> Timing:
        until = self.finished or time.time()
        dial = None if self.reused else self.dial
        ready = self.requested
        tls = None
        if dial and self.server:
            tls = _ms(self.server.timestamp_tcp_setup, self.server.timestamp_tls_setup)
            ready = max(
                filter(None, (ready, self.server.timestamp_tcp_setup,
                              self.server.timestamp_tls_setup)),
                default=None,
            )  # fmt: skip
        return Timing(
            dns=dial.dns if dial else None,
            connect=dial.connect if dial else None,
            tls=tls,
            wait=_ms(ready, self.answered),
            read=_ms(self.answered, until),
            total=_ms(self.started, until) or 0.0,
        )


def describe_request(flow: http.HTTPFlow, origin: Origin) -> Request:
    """The request as it goes out, still without its body; the URL shows the public name."""
    request = flow.request
    path = _text(request.data.path)
    return Request(
        headers=describe_headers(request.headers),
        http_version=_text(request.data.http_version),
        method=_text(request.data.method),
        url=f"{origin}{path if path.startswith('/') else ''}",
    )


def describe_response(response: http.Response) -> Response:
    """The response's status and headers, without its body."""
    return Response(
        headers=describe_headers(response.headers),
        http_version=_text(response.data.http_version),
        status=response.status_code,
        reason=_text(response.data.reason),
    )


def describe_headers(headers: http.Headers) -> Headers:
    return tuple((_text(name), _text(value)) for name, value in headers.fields)


def _text(raw: bytes) -> str:
    """Header bytes as text that can be stored: UTF-8, else Latin-1 (RFC 9110 section 5.5)."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _ms(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else max(0.0, (end - begin) * 1000)
