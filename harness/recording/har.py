"""Reads HAR 1.2 files of any program; whatever is wrong in one is left out and counted."""

import base64
import json
import math
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

from harness.model.captured import Capture, Captured, CaptureError, LeftOut
from harness.model.trace import Headers, Json, Request, Response, Timing
from harness.model.unanswered import CANCELLED, failure
from harness.model.wellknown import is_http_url

MOST_ENTRIES = 20_000
BODY_LIMIT = 8 * 1024 * 1024
INFLATED_LIMIT = 256 * 1024 * 1024
FORM = "HAR"

_COMPRESSED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_VERSIONS = {"http/2.0": "HTTP/2", "h2": "HTTP/2", "http/2": "HTTP/2", "h3": "HTTP/3"}


class _LeaveOutError(Exception):
    def __init__(self, why: LeftOut) -> None:
        super().__init__(why)
        self.why = why


def read_har(data: bytes) -> Capture:
    """The exchanges of a HAR, plain or compressed as mitmproxy does; raises CaptureError only."""
    log = _member(_parsed(_inflated(data)), "log")
    entries = log.get("entries")
    if not isinstance(entries, list):
        raise CaptureError("it is JSON, but no HAR: it has no list log.entries")
    found: list[Captured] = []
    left_out: Counter[LeftOut] = Counter()
    before = 0.0
    for entry in entries[:MOST_ENTRIES]:
        try:
            found.append(_captured(entry, before))
            before = found[-1].started
        except _LeaveOutError as one:
            left_out[one.why] += 1
    if len(entries) > MOST_ENTRIES:
        left_out[LeftOut.TOO_MANY] = len(entries) - MOST_ENTRIES
    # A browser writes an entry when it is complete, which is not the order of the requests.
    found.sort(key=lambda one: one.started)
    head = log.get("_harness")
    return Capture(form=FORM, entries=tuple(found), left_out=left_out, head=head)


def compressed(data: bytes) -> bool:
    """True for what may be a compressed HAR."""
    return data.startswith(_COMPRESSED)


def _inflated(data: bytes) -> bytes:
    if not compressed(data):
        return data
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        text = inflate.decompress(data, INFLATED_LIMIT)
    except zlib.error as error:
        raise CaptureError(f"it cannot be decompressed ({error})") from None
    if inflate.unconsumed_tail:
        raise CaptureError(f"it holds more than {INFLATED_LIMIT // 1024**2} MiB once decompressed")
    return text


def _parsed(data: bytes) -> Json:
    encoding = json.detect_encoding(data)
    if encoding == "utf-8":
        encoding = "utf-8-sig"
    try:
        value: Json = json.loads(data.decode(encoding, "surrogateescape"))
    except RecursionError:
        raise CaptureError("its JSON is nested too deep") from None
    except json.JSONDecodeError as error:
        where = f"{error.msg} at line {error.lineno}, column {error.colno}"
        raise CaptureError(f"its JSON is broken or cut off ({where})") from None
    except ValueError as error:
        raise CaptureError(f"it is no readable JSON ({str(error)[:100]})") from None
    return value


def _captured(value: Json, before: float) -> Captured:
    """One entry; `before` is the time of the one before it, for an entry that names none."""
    if not isinstance(value, dict):
        raise _LeaveOutError(LeftOut.MALFORMED)
    kind = _text(value.get("_resourceType")).lower()
    asked, answered = value.get("request"), value.get("response")
    if not isinstance(asked, dict) or not isinstance(answered, dict | None):
        raise _LeaveOutError(LeftOut.MALFORMED)
    request, answer = _request(asked), answered or {}
    status = _status(answer)
    if kind == "websocket" or "_webSocketMessages" in value or status == 101:
        raise _LeaveOutError(LeftOut.WEBSOCKET)
    response, words = None, _text(answer.get("_error"))
    if status:
        response = _response(answer, status)
    elif words in CANCELLED:
        raise _LeaveOutError(LeftOut.CANCELLED)
    return Captured(
        request=request,
        response=response,
        failure=None if response is not None else failure(request.url, words),
        connection=None,
        timing=_timing(value),
        started=_instant(value.get("startedDateTime"), before),
        mark=value.get("_harness"),
        kind=kind,
        unseen=response is not None and _unseen(answer, response),
    )


def _request(asked: dict[str, Json]) -> Request:
    url, method = _text(asked.get("url")).partition("#")[0], _text(asked.get("method"))
    if url.startswith(("ws:", "wss:")):
        raise _LeaveOutError(LeftOut.WEBSOCKET)
    if not is_http_url(url) or method == "CONNECT":
        raise _LeaveOutError(LeftOut.NOT_HTTP)
    if not method:
        raise _LeaveOutError(LeftOut.MALFORMED)
    posted = _member(asked, "postData")
    return Request(
        method=method,
        url=url,
        http_version=_version(asked),
        headers=_headers(asked, _text(posted.get("mimeType"))),
        body=_posted(posted),
    )


def _posted(posted: dict[str, Json]) -> bytes:
    text = _text(posted.get("text"))
    if not text and "urlencoded" in _text(posted.get("mimeType")):
        params = _pairs(posted.get("params"))
        text = urlencode([(name, value) for name, value in params], errors="surrogatepass")
    coding = posted.get("_encoding") or posted.get("encoding")
    return _bytes(text, coded=coding == "base64")


def _response(answer: dict[str, Json], status: int) -> Response:
    content = _member(answer, "content")
    body = _bytes(_text(content.get("text")), coded=content.get("encoding") == "base64")
    return Response(
        status=status,
        reason=_text(answer.get("statusText")),
        http_version=_version(answer),
        headers=_headers(answer, _text(content.get("mimeType"))),
        body=body[:BODY_LIMIT],
        wire_size=int(_number(answer.get("bodySize")) or len(body)),
        truncated=len(body) > BODY_LIMIT,
    )


def _unseen(answer: dict[str, Json], response: Response) -> bool:
    """True unless the body is there, or the file says that there was none."""
    if response.status == 304:
        return True
    content = _member(answer, "content")
    if response.body or response.status in (202, 204):
        return False
    return "text" not in content and content.get("size") != 0


def _status(answer: dict[str, Json]) -> int:
    number = _number(answer.get("status")) or 0
    return int(number) if 100 <= number <= 999 else 0


def _headers(message: dict[str, Json], media_type: str) -> Headers:
    """The headers without the pseudo headers of HTTP/2; the type is also said beside the body."""
    pairs = tuple(
        (name, value)
        for name, value in _pairs(message.get("headers"))
        if name and not name.startswith(":")
    )
    typed = any(name.lower() == "content-type" for name, _ in pairs)
    if media_type and not typed and media_type not in ("x-unknown", "application/x-unknown"):
        return (*pairs, ("Content-Type", media_type))
    return pairs


def _pairs(value: Json) -> Iterator[tuple[str, str]]:
    """Names with values; some programs write lists of two instead of objects."""
    for one in value if isinstance(value, list) else ():
        match one:
            case {"name": str() as name, "value": str() as text}:
                yield name, text
            case [str() as name, str() as text]:
                yield name, text


def _version(message: dict[str, Json]) -> str:
    named = _text(message.get("httpVersion"))
    return _VERSIONS.get(named.lower(), named.upper() or "HTTP/1.1")


def _timing(entry: dict[str, Json]) -> Timing:
    timings = _member(entry, "timings")
    return Timing(
        dns=_number(timings.get("dns")),
        connect=_number(timings.get("connect")),
        tls=_number(timings.get("ssl")),
        wait=_number(timings.get("wait")),
        read=_number(timings.get("receive")),
        total=_number(entry.get("time")) or 0.0,
    )


def _instant(value: Json, otherwise: float) -> float:
    try:
        moment = datetime.fromisoformat(_text(value))
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        return seconds if 0 <= seconds < 2**33 else otherwise
    except (ValueError, OverflowError, OSError):
        return otherwise


def _bytes(text: str, *, coded: bool) -> bytes:
    if coded:
        try:
            return base64.b64decode(text)
        except ValueError:
            return b""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _member(value: Json, name: str) -> dict[str, Json]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Json) -> float | None:
    """A number that can be a time or a size; -1 stands for "does not apply" in HAR."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and 0 <= number < 1e15 else None
