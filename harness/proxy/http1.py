"""Two gaps of mitmproxy's HTTP/1 client, closed: interim responses and trailers."""

import re
from typing import Any

import h11
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.layers import http as http_layers
from mitmproxy.proxy.layers.http._http1 import Http1Client

_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)\d\d[ \r\n]")


class Http1Upstream(Http1Client):
    """Skips 1xx responses, which mitmproxy would take as final, and drops trailers it rejects."""

    def read_headers(self, event: events.ConnectionEvent) -> layer.CommandGenerator[None]:
        if isinstance(event, events.DataReceived):
            # RFC 9110 section 15.2: any number of interim responses precede the final one.
            while _INTERIM.match(self._start()) and self.buf.maybe_extract_lines():
                pass
        yield from super().read_headers(event)

    def read_body(self, event: events.Event) -> layer.CommandGenerator[None]:
        if not isinstance(self.body_reader, _WithoutTrailers):
            self.body_reader: Any = _WithoutTrailers(self.body_reader)
        yield from super().read_body(event)

    def _start(self) -> bytes:
        return bytes(self.buf)[:16] if self.buf else b""


class _WithoutTrailers:
    """A body reader whose end of message carries no trailers."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def __call__(self, buffer: Any) -> h11.Event | None:
        return _without_trailers(self._reader(buffer))

    def read_eof(self) -> h11.Event | None:
        return _without_trailers(self._reader.read_eof())


def _without_trailers(event: h11.Event | None) -> h11.Event | None:
    if isinstance(event, h11.EndOfMessage) and event.headers:
        return h11.EndOfMessage()
    return event


def install() -> None:
    """Make mitmproxy use this client for every HTTP/1 connection to a server."""
    setattr(http_layers, "Http1Client", Http1Upstream)  # noqa: B010 - not a public name
