"""Writes exchanges as HAR 1.2, with what we know of them in comments and `_harness` members."""

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from harness.model.trace import Exchange, Headers, Json, Request, Response, Timing
from harness.recording.file import program_name

_KNOWN_CODINGS = {"gzip", "x-gzip", "deflate", "br", "zstd", "identity"}
_LAST_MOMENT = 2**33
_HEADLESS = {
    "status": 0,
    "statusText": "",
    "httpVersion": "",
    "cookies": [],
    "headers": [],
    "content": {"size": 0, "mimeType": "x-unknown"},
    "redirectURL": "",
    "headersSize": -1,
    "bodySize": -1,
    "_transferSize": 0,
}


def har_text(
    exchanges: Iterable[Exchange],
    comments: Mapping[int, str],
    marks: Mapping[int, Json],
    head: Json,
) -> str:
    """The HAR; comments and marks are those of the exchanges, by number."""
    name, _, version = program_name().rpartition(" ")
    log = {
        "version": "1.2",
        "creator": {"name": name or version, "version": version if name else ""},
        "pages": [],
        "entries": [_entry(one, comments[one.n], marks[one.n]) for one in exchanges],
        "comment": "secrets are placeholders such as <access_token:1 jwt 843>",
        "_harness": head,
    }
    return json.dumps({"log": log}, allow_nan=False, indent=1) + "\n"


def _entry(exchange: Exchange, comment: str, mark: Json) -> dict[str, Any]:
    started = exchange.started if 0 <= exchange.started < _LAST_MOMENT else 0.0
    moment = datetime.fromtimestamp(started, UTC)
    timings, total = _timings(exchange.timing)
    entry = {
        "startedDateTime": moment.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "time": total,
        "request": _request(exchange.request),
        "response": _response(exchange),
        "cache": {},
        "timings": timings,
        "comment": comment,
        "_harness": mark,
    }
    peer = exchange.connection.peer if exchange.connection else None
    return entry | ({"serverIPAddress": peer} if peer else {})


def _request(request: Request) -> dict[str, Any]:
    written: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": request.http_version,
        "cookies": _cookies(request.header_lines("cookie")),
        "headers": _pairs(request.headers),
        "queryString": _pairs(_query(request.url)),
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        media = request.header("content-type") or ""
        text, coded = _text(request.body)
        posted: dict[str, Any] = {"mimeType": media, "text": text, "params": []}
        if request.media_type == "application/x-www-form-urlencoded" and not coded:
            posted["params"] = _pairs(parse_qsl(text, keep_blank_values=True))
        written["postData"] = posted | ({"_encoding": "base64"} if coded else {})
    return written


def _response(exchange: Exchange) -> dict[str, Any]:
    response, failure = exchange.response, exchange.failure
    if response is None:
        return _HEADLESS | {"_error": failure.text if failure else ""}
    return {
        "status": response.status,
        "statusText": response.reason,
        "httpVersion": response.http_version,
        "cookies": _cookies(response.header_lines("set-cookie")),
        "headers": _pairs(_without_unknown_coding(response)),
        "content": _content(response),
        "redirectURL": response.header("location") or "",
        "headersSize": -1,
        "bodySize": response.wire_size or len(response.body),
    } | ({"_error": failure.text} if failure else {})


def _content(response: Response) -> dict[str, Any]:
    text, coded = _text(response.body)
    content: dict[str, Any] = {
        "size": len(response.body),
        "mimeType": response.header("content-type") or "",
        "text": text,
    }
    return content | ({"encoding": "base64"} if coded else {})


def _without_unknown_coding(response: Response) -> Headers:
    """The content is decoded; readers that encode it again stumble over a coding nobody knows."""
    coding = (response.header("content-encoding") or "").strip().lower()
    if coding in _KNOWN_CODINGS and response.encoding_error is None:
        return response.headers
    return tuple(one for one in response.headers if one[0].lower() != "content-encoding")


def _timings(timing: Timing) -> tuple[dict[str, float], float]:
    """The phases and their sum; `connect` includes `ssl` in HAR, and ours does not."""
    tls = timing.tls
    connect = None if timing.connect is None else timing.connect + (tls or 0.0)
    phases = {
        "blocked": -1.0,
        "dns": _phase(timing.dns),
        "connect": _phase(connect),
        "ssl": _phase(tls),
        "send": 0.0,
        "wait": timing.wait or 0.0,
        "receive": timing.read or 0.0,
    }
    spent = sum(value for name, value in phases.items() if value > 0 and name != "ssl")
    # What no phase accounts for was spent before the request went out.
    if timing.total > spent:
        phases["blocked"] = round(timing.total - spent, 6)
        spent = timing.total
    return phases, spent


def _phase(value: float | None) -> float:
    return -1.0 if value is None else value


def _cookies(lines: list[str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for line in lines:
        try:
            jar = SimpleCookie(line)
        except CookieError:
            continue
        found += ({"name": name, "value": one.value} for name, one in jar.items())
    return found


def _query(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return []


def _pairs(values: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values]


def _text(body: bytes) -> tuple[str, bool]:
    """The body as text, or as base64 and True when it is none."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
    return (text, False) if "\0" not in text else (base64.b64encode(body).decode(), True)
