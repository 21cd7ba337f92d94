"""The tap: an addon that turns each flow into a record and lets it through unchanged."""

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from weakref import WeakKeyDictionary

from mitmproxy import connection, http, tls

from harness.model.captured import Captured
from harness.model.trace import Failure, FailureKind, Request
from harness.proxy.body import BodyTap, Limits
from harness.proxy.callback import Callback
from harness.proxy.dial import Dial
from harness.proxy.failures import http_failure, quoted, tls_failure
from harness.proxy.origin import Origin, normal_host
from harness.proxy.record import Record, describe_request, describe_response
from harness.proxy.reverse import Reverse
from harness.proxy.route import Route

TAG_HEADER = "x-harness-exchange"

MOST_RECORDS = 100
"""Ended exchanges kept for somebody to fetch them."""

_FOR_THE_PROXY = ("proxy-connection", "proxy-authorization")
"""Request headers meant for a proxy, which do not travel on (RFC 9110 section 11.7)."""

_HEADER_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_log = logging.getLogger("mitmproxy.harness")

type Hook = Callable[["Tap", http.HTTPFlow], None]


def _fails_closed(hook: Hook) -> Hook:
    """mitmproxy lets a flow pass when a hook raises; here it ends the exchange instead."""

    @wraps(hook)
    def run(self: "Tap", flow: http.HTTPFlow) -> None:
        try:
            hook(self, flow)
        except Exception as error:
            _log.exception("hook %s failed", hook.__name__)
            self.broke(flow, error)

    return run


class Tap:
    """Sees every flow; records are kept under their tag until they are fetched."""

    def __init__(
        self,
        *,
        route: Route,
        callback: Callback,
        limits: Limits,
        close_client: Callable[[str], None],
        on_untagged: Callable[[Captured], None] | None,
        reverse: Reverse | None = None,
    ) -> None:
        self._route = route
        self._callback = callback
        self._limits = limits
        self._close_client = close_client
        self._on_untagged = on_untagged
        self._reverse = reverse
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._of: WeakKeyDictionary[http.HTTPFlow, Record] = WeakKeyDictionary()
        self._active: dict[str, Record] = {}
        """The exchange in progress per client connection; HTTP/1 has one at a time."""
        self._dials: dict[str, dict[str, Dial]] = {}
        """Per client connection and server connection."""

    def take(self, tag: str) -> Record | None:
        return self._records.pop(tag, None)

    # Hooks of a flow, in their order.

    @_fails_closed
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        tag = flow.request.headers.pop(TAG_HEADER, None)
        for name in _FOR_THE_PROXY:
            flow.request.headers.pop(name, None)
        if self._reverse is not None:
            tag, origin = None, self._reverse.lead(flow)
        else:
            origin = Origin(flow.request.scheme, normal_host(flow.request.host), flow.request.port)
        peer = flow.client_conn.peername
        record = Record(
            tag=tag,
            id=flow.id,
            client=str(peer[0]) if peer else "",
            origin=origin,
            request=describe_request(flow, origin),
            started=flow.request.timestamp_start or time.time(),
        )
        self._of[flow] = record
        self._active[flow.client_conn.id] = record
        if tag is not None:
            self._keep(tag, record)
        if flow.error is not None:
            record.failure = Failure(FailureKind.OTHER, quoted(flow.error.msg))
            return
        if self._reverse is None:
            self._lead_to_local(flow, origin)

    @_fails_closed
    def request(self, flow: http.HTTPFlow) -> None:
        record = self._of[flow]
        record.requested = time.time()
        record.request = _with_body(record, flow.request, self._limits)
        answer = self._callback.answer(record.request.method, record.request.url)
        if answer is not None:
            headers = [(name.encode(), value.encode()) for name, value in answer.headers]
            flow.response = http.Response.make(answer.status, answer.body, headers)
            record.body = BodyTap("", self._limits)
            record.body.feed(answer.body)

    @_fails_closed
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        record, response = self._of[flow], flow.response
        assert response is not None
        record.response = describe_response(response)
        record.answered = response.timestamp_start
        if record.body is not None:
            return
        self._note_connection(record, flow)
        if record.dial and record.dial.meter:
            record.dial.meter.expect_body()
        bad = next((n for n, _ in response.headers.fields if not _HEADER_NAME.fullmatch(n)), None)
        if bad is not None:
            text = f"{record.origin.host} sent a header name that is not allowed: {bad[:80]!r}"
            record.failure = Failure(FailureKind.PROTOCOL, text)
            record.response = None
            flow.kill()  # type: ignore[no-untyped-call]
            return
        record.body = body = BodyTap(response.headers.get("content-encoding", ""), self._limits)
        response.stream = lambda data: self._pass_on(flow, record, body, data)

    @_fails_closed
    def response(self, flow: http.HTTPFlow) -> None:
        record = self._of[flow]
        if record.body is not None:
            record.body.finish()
        if record.dial and record.dial.meter:
            record.dial.meter.expect_headers()
        self._end(record)

    @_fails_closed
    def error(self, flow: http.HTTPFlow) -> None:
        if (record := self._of.get(flow)) is None:
            return
        words = flow.error.msg if flow.error else "unknown error"
        if record.dial is None:
            self._note_connection(record, flow)
        if words == "Client disconnected.":
            record.client_left = True
        if record.failure is None and not record.client_left:
            record.failure = _failure(record, words)
        self._end(record)

    # What the page asks for.

    def edited(self, flow: http.HTTPFlow) -> None:
        """A paused request was changed by hand; the record shows it as it will go out."""
        if record := self._of.get(flow):
            record.request = describe_request(flow, record.origin)
            record.request = _with_body(record, flow.request, self._limits)

    def show_body(self, flow: http.HTTPFlow) -> None:
        """Give an ended flow what was kept of the body that was passed on."""
        record = self._of.pop(flow, None)
        if record and record.body and flow.response and flow.response.raw_content is None:
            flow.response.raw_content = record.body.wire

    # Hooks of connections.

    def client_disconnected(self, client: connection.Client) -> None:
        if (record := self._active.pop(client.id, None)) and not record.ended.is_set():
            record.client_left = True
        self._dials.pop(client.id, None)

    # What the handler and the TLS addon report.

    def dialling(self, client: connection.Client, server: connection.Server) -> Dial:
        """A connection is about to be opened for a client."""
        assert server.address is not None
        dial = Dial(normal_host(server.address[0]), server.address[1])
        self._dials.setdefault(client.id, {})[server.id] = dial
        if record := self._active.get(client.id):
            record.dial, record.server = dial, server
        return dial

    def dial_of(self, data: tls.TlsData) -> Dial | None:
        return self._dials.get(data.context.client.id, {}).get(data.conn.id)

    def crashed(self, client: connection.Client, words: str) -> None:
        """mitmproxy stumbled over what it read for this client; end the exchange."""
        if record := self._active.get(client.id):
            record.failure = record.failure or _internal(words)
            self._end(record)
        self._close_soon(client.id)

    def broke(self, flow: http.HTTPFlow, error: Exception) -> None:
        """One of the hooks failed; end the exchange."""
        record = self._of.get(flow)
        if record is not None:
            record.failure = record.failure or _internal(repr(error))
            self._end(record)
        if flow.killable:
            flow.kill()  # type: ignore[no-untyped-call]
        self._close_soon(flow.client_conn.id)

    def _keep(self, tag: str, record: Record) -> None:
        self._records[tag] = record
        while len(self._records) > MOST_RECORDS:
            self._records.popitem(last=False)

    def _lead_to_local(self, flow: http.HTTPFlow, origin: Origin) -> None:
        local = self._route.local(origin)
        if local is None or local.scheme == origin.scheme:
            return
        # The scheme alone decides about TLS upstream; host and Host header stay public.
        flow.request.data.scheme = local.scheme.encode()
        if local.scheme == "http":
            headers = flow.request.headers
            headers["X-Forwarded-For"] = flow.client_conn.peername[0]
            headers["X-Forwarded-Host"] = headers.get("host", origin.host)
            headers["X-Forwarded-Proto"] = origin.scheme

    def _note_connection(self, record: Record, flow: http.HTTPFlow) -> None:
        dial = self._dials.get(flow.client_conn.id, {}).get(flow.server_conn.id)
        if dial is None:
            return
        record.dial, record.server = dial, flow.server_conn
        record.reused, dial.used = dial.used, True

    def _pass_on(
        self, flow: http.HTTPFlow, record: Record, body: BodyTap, data: bytes
    ) -> bytes | list[bytes]:
        """The stream function of a response; mitmproxy calls it with b"" at the end."""
        if not data:
            return []
        try:
            body.feed(data)
        except Exception as error:
            _log.exception("reading a response body failed")
            self.broke(flow, error)
            return []
        if body.over and self._limits.ends:
            if record.failure is None:
                text = (
                    f"{record.origin.host} sent a body of {body.limit_text}; the rest is not read"
                )
                record.failure = Failure(FailureKind.TOO_LARGE, text)
                self._close_soon(flow.client_conn.id)
            return []
        return data

    def _close_soon(self, client_id: str) -> None:
        asyncio.get_running_loop().call_soon(self._close_client, client_id)

    def _end(self, record: Record) -> None:
        first = not record.ended.is_set()
        record.end()
        if first and record.tag is None and self._on_untagged is not None:
            self._on_untagged(record.captured())


def _with_body(record: Record, request: http.Request, limits: Limits) -> Request:
    body = BodyTap(request.headers.get("content-encoding", ""), limits)
    body.feed(request.raw_content or b"")
    body.finish()
    return replace(record.request, body=body.body)


def _failure(record: Record, words: str) -> Failure:
    """What mitmproxy's error text means for this exchange."""
    host, dial = record.origin.host, record.dial
    if dial is not None and not record.reused:
        if dial.failure is not None:
            return dial.failure
        if dial.tls_error is not None:
            return tls_failure(host, dial.tls_error, reset=dial.reset)
    if dial is not None and dial.flooded:
        text = f"{host} sent too many bytes before its response headers were complete"
        return Failure(FailureKind.TOO_LARGE, text)
    answered = record.response is not None
    return http_failure(host, words, answered=answered, reset=bool(dial and dial.reset))


def _internal(words: str) -> Failure:
    return Failure(FailureKind.OTHER, f"The harness's proxy failed on this exchange: {words[:200]}")
