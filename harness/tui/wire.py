"""Writes a request or a response out in lines, each with the place it came from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from harness.model.jsonrpc import events
from harness.model.trace import Exchange, Json, Message, Request, Response, TokenFacts

MOST_TEXT = 200_000
"""Characters of a body that are laid out."""
MOST_LINES = 3_000
MOST_LINE = 4_000
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class WireLine:
    """`place` is written as in evidence; `role` says how to style the line.

    `name` is a leading part (a header or parameter name) that is set off.
    """

    place: str
    text: str
    name: str = ""
    role: str = ""

    @property
    def whole(self) -> str:
        return self.name + self.text


def request_lines(request: Request, *, exact: bool) -> list[WireLine]:
    """The request line, headers and body; decoded unless the exact form is asked for."""
    query = "" if exact else _query(request.url)
    url = request.url.partition("?")[0] if query else request.url
    lines = [
        WireLine("request.url", f"{request.method} {url} {request.http_version}", role="start")
    ]
    if not exact:
        lines += _parameters("request.url", query)
    lines += _headers("request", request, exact=exact)
    lines += _body("request", request, exact=exact)
    return lines


def response_lines(exchange: Exchange, *, exact: bool) -> list[WireLine]:
    """The status line, headers and body, or why there is none."""
    lines: list[WireLine] = []
    response = exchange.response
    if response is not None:
        start = f"{response.http_version} {response.status} {response.reason}".rstrip()
        lines.append(WireLine("response.status", start, role="start"))
        lines += _headers("response", response, exact=exact)
        lines += _body("response", response, exact=exact)
        lines += _shortfall(response)
    if exchange.failure is not None:
        kind, text = exchange.failure.kind, exchange.failure.text
        lines.append(WireLine("failure", f"{kind}: {text}", role="failure"))
    if exchange.token is not None and not exact:
        lines += _token(exchange.token)
    return lines or [WireLine("failure", "no answer", role="failure")]


def _headers(side: str, message: Message, *, exact: bool) -> Iterator[WireLine]:
    for name, value in message.headers:
        place = f"{side}.header.{name.lower()}"
        query = _query(value) if name.lower() == "location" and not exact else ""
        if query:
            yield WireLine(place, value.partition("?")[0], name=f"{name}: ")
            yield from _parameters(place, query)
        else:
            yield WireLine(place, value, name=f"{name}: ")


def _body(side: str, message: Message, *, exact: bool) -> Iterator[WireLine]:
    if not message.body:
        return
    yield WireLine(f"{side}.gap", "")
    place = f"{side}.body"
    if exact:
        text = message.body[:MOST_TEXT].decode("utf-8", errors="backslashreplace")
        lines = text.splitlines(keepends=True)
    elif message.media_type == _FORM:
        yield from _parameters(place, message.text[:MOST_TEXT], indent="")
        return
    else:
        lines = _decoded(message).splitlines()
    for line in lines[:MOST_LINES]:
        yield WireLine(place, line[:MOST_LINE], role="body")
    if len(lines) > MOST_LINES or len(message.body) > MOST_TEXT:
        yield WireLine(f"{side}.end", f"… {len(message.body)} bytes in all", role="note")


def _decoded(message: Message) -> str:
    if message.media_type == "text/event-stream":
        return "\n\n".join(_pretty(data) for data in events(message.body[:MOST_TEXT]))
    return _pretty(message.text[:MOST_TEXT])


def _pretty(text: str) -> str:
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return json.dumps(value, indent=2, ensure_ascii=False)


def _parameters(place: str, query: str, indent: str = "  ") -> Iterator[WireLine]:
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace", max_num_fields=None)
    width = min(24, max((len(name) for name, _ in pairs), default=0))
    for name, value in pairs[:MOST_LINES]:
        yield WireLine(place, value[:MOST_LINE], name=f"{indent}{name:<{width}} ", role="pair")


def _query(url: str) -> str:
    """The query; empty for what is no URL."""
    try:
        return urlsplit(url).query
    except ValueError:
        return ""


def _shortfall(response: Response) -> Iterator[WireLine]:
    if response.encoding_error:
        text = f"the body could not be decoded: {response.encoding_error}"
        yield WireLine("response.end", text, role="note")
    if response.truncated:
        yield WireLine("response.end", "… the body ends here, cut off", role="note")


def _token(token: TokenFacts) -> Iterator[WireLine]:
    yield WireLine("token", "")
    yield WireLine("token", f"the access token: {token.kind}, {token.length} characters")
    facts = {**token.header, **token.claims}
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield WireLine("token", shown, name=f"  {name:<{width}} ", role="pair")
