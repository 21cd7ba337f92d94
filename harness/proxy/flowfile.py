"""Reads and writes mitmproxy's flow files."""

import io
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from mitmproxy import connection, flow, http
from mitmproxy.io import FlowReader, FlowWriter
from mitmproxy.net import encoding

from harness.model.captured import Capture, Captured, CaptureError, LeftOut
from harness.model.trace import (
    Connection,
    Exchange,
    Failure,
    Headers,
    Json,
    Message,
    Request,
    Response,
    Timing,
)
from harness.model.unanswered import CANCELLED, failure
from harness.model.wellknown import host, is_http_url, port
from harness.proxy.decode import decode
from harness.proxy.record import describe_headers, describe_response

FORM = "mitmproxy flow file"
MOST_FLOWS = 20_000
BODY_LIMIT = 8 * 1024 * 1024

_MARK, _HEAD = "harness", "harness-run"
_START = re.compile(rb"[0-9]{1,12}:")


@dataclass(frozen=True)
class Remark:
    """What is written beside an exchange: for people, and for a later reading of ours."""

    comment: str
    alarming: bool
    mark: Json


def is_flow_file(data: bytes) -> bool:
    """True for the beginning of a flow file (a tnetstring)."""
    return _START.match(data) is not None


def read_flows(data: bytes) -> Capture:
    """The exchanges of a flow file; raises CaptureError when not one flow can be read."""
    found: list[Captured] = []
    left_out: Counter[LeftOut] = Counter()
    head: Json = None
    for one in _flows(data, left_out):
        if not isinstance(one, http.HTTPFlow):
            left_out[LeftOut.NOT_HTTP] += 1
            continue
        try:
            captured = _captured(one)
        except Exception:
            # A state that mitmproxy took in can still hold values its own properties fail on.
            captured = LeftOut.MALFORMED
        if isinstance(captured, LeftOut):
            left_out[captured] += 1
        else:
            found.append(captured)
            head = head or _json(one.metadata.get(_HEAD))
    if not found and left_out[LeftOut.MALFORMED]:
        raise CaptureError("it begins like a mitmproxy flow file, but no flow in it can be read")
    found.sort(key=lambda one: one.started)
    return Capture(form=FORM, entries=tuple(found), left_out=left_out, head=head)


def flow_file(exchanges: Iterable[Exchange], remarks: Mapping[int, Remark], head: Json) -> bytes:
    """The exchanges as a flow file; those whose address is no URL are left out."""
    file = io.BytesIO()
    writer = FlowWriter(file)  # type: ignore[no-untyped-call]
    for exchange in exchanges:
        if not is_http_url(exchange.request.url):
            continue
        one = _flow(exchange)
        remark = remarks[exchange.n]
        one.comment = remark.comment
        one.marked = ":red_circle:" if remark.alarming else ""
        one.metadata = {_MARK: json.dumps(remark.mark), _HEAD: json.dumps(head)}
        head = None
        writer.add(one)
    return file.getvalue()


def _flows(data: bytes, left_out: Counter[LeftOut]) -> Iterator[flow.Flow]:
    """The flows up to the first that cannot be read: nobody knows where the next one begins."""
    reader = iter(FlowReader(io.BytesIO(data)).stream())
    for number in itertools.count():
        try:
            one = next(reader, None)
        except Exception:
            # The library raises its own error for most of what can be wrong, but not for all.
            left_out[LeftOut.MALFORMED] += 1
            return
        if one is None:
            return
        if number < MOST_FLOWS:
            yield one
        else:
            left_out[LeftOut.TOO_MANY] += 1


def _captured(one: http.HTTPFlow) -> Captured | LeftOut:
    request = one.request
    url = request.pretty_url.partition("#")[0]
    if one.websocket is not None:
        return LeftOut.WEBSOCKET
    if request.method == "CONNECT" or not is_http_url(url):
        return LeftOut.NOT_HTTP
    words = one.error.msg if one.error else ""
    if one.response is None and words in CANCELLED:
        return LeftOut.CANCELLED
    broken = failure(url, words) if words and words not in CANCELLED else None
    if one.response is None and broken is None:
        broken = failure(url, "")
    return Captured(
        request=_request(request, url),
        response=_response(one.response, broken) if one.response else None,
        failure=broken,
        connection=_connection(one, url),
        timing=_timing(one),
        started=_moment(request.timestamp_start),
        mark=_json(one.metadata.get(_MARK)),
        unseen=one.response is not None and one.response.raw_content is None,
    )


def _request(request: http.Request, url: str) -> Request:
    return Request(
        method=request.method,
        url=url,
        headers=describe_headers(request.headers),
        http_version=request.http_version,
        body=decode(
            request.raw_content or b"",
            request.headers.get("content-encoding", ""),
            limit=BODY_LIMIT,
        ).body,
    )


def _response(response: http.Response, broken: Failure | None) -> Response:
    raw = response.raw_content or b""
    undone = decode(raw, response.headers.get("content-encoding", ""), limit=BODY_LIMIT)
    failed = bool(raw) and undone.error is not None
    return replace(
        describe_response(response),
        body=raw[:BODY_LIMIT] if failed else undone.body,
        wire_size=len(raw),
        truncated=broken is not None or undone.truncated,
        encoding_error=undone.error if failed else None,
    )


def _connection(one: http.HTTPFlow, url: str) -> Connection | None:
    """How the server was reached; None where the file holds no connection."""
    server = one.server_conn
    if server.timestamp_tcp_setup is None:
        return None
    return Connection(
        host=host(url),
        port=port(url),
        peer=str(server.peername[0]) if server.peername else None,
        sni=server.sni,
        tls_version=server.tls_version,
        cipher=server.cipher,
        alpn=server.alpn.decode("ascii", "replace") if server.alpn else None,
    )


def _timing(one: http.HTTPFlow) -> Timing:
    asked, answered = one.request, one.response
    wait = _ms(asked.timestamp_end, answered.timestamp_start if answered else None)
    end = answered.timestamp_end if answered else None
    return Timing(
        wait=wait,
        read=_ms(answered.timestamp_start, end) if answered else None,
        total=_ms(asked.timestamp_start, end) or 0.0,
    )


def _ms(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else max(0.0, (end - begin) * 1000)


def _moment(value: float) -> float:
    return value if 0 <= value < 2**33 else 0.0


def _json(value: object) -> Json:
    try:
        found: Json = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None
    return found


def _flow(exchange: Exchange) -> http.HTTPFlow:
    started, asked, answered = exchange.started, exchange.request, exchange.response
    ended = started + exchange.timing.total / 1000
    client = connection.Client(
        peername=("127.0.0.1", 0), sockname=("127.0.0.1", 0), timestamp_start=started
    )
    server = connection.Server(address=(host(asked.url), port(asked.url)))
    one = http.HTTPFlow(client, server)
    one.request = http.Request.make("GET", asked.url)
    one.request.timestamp_start = one.request.timestamp_end = started
    one.request.data.method = _bytes(asked.method)
    _fill(one.request, asked)
    if answered is not None:
        one.response = http.Response.make(200)
        one.response.data.status_code = answered.status
        one.response.data.reason = _bytes(answered.reason)
        one.response.timestamp_start = started + (exchange.timing.wait or 0.0) / 1000
        one.response.timestamp_end = ended
        _fill(one.response, answered)
    if exchange.failure is not None:
        words = exchange.failure.text.encode("utf-8", "replace").decode()
        one.error = flow.Error(words, ended)
    return one


def _fill(message: http.Message, from_: Message) -> None:
    """Headers and body; the body is encoded again as its headers say, where that can be done."""
    headers, raw = from_.headers, from_.body
    broken = isinstance(from_, Response) and from_.encoding_error is not None
    coding = from_.header("content-encoding")
    if coding and not broken:
        try:
            raw = encoding.encode(from_.body, coding)
        except ValueError:
            headers = tuple(one for one in headers if one[0].lower() != "content-encoding")
    message.data.headers = _fields(headers)
    message.data.content = raw
    message.data.http_version = _bytes(from_.http_version)


def _fields(headers: Headers) -> http.Headers:
    return http.Headers([(_bytes(name), _bytes(value)) for name, value in headers])


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
