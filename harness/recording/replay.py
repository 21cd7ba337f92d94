"""Answers the simulated client from a recording, without a network."""

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from harness.client.events import Send
from harness.model.trace import (
    Exchange,
    Failure,
    FailureKind,
    Json,
    Message,
    Purpose,
    Request,
    Trace,
)
from harness.model.wellknown import loopback_port, query
from harness.recording.known import PLACEHOLDER
from harness.recording.secret_names import header_kind, kind_of

_VOLATILE = {"code_challenge", "nonce", "id", "progressToken"}
"""Parameters and members that a new run chooses anew, besides all secrets."""
_UNIMPORTANT_HEADERS = {
    "connection",
    "content-length",
    "cookie",
    "date",
    "host",
    "traceparent",
    "tracestate",
    "x-request-id",
}


class Replay:
    """The exchanges of one trace as answers, each given once and the last one again for repeats.

    `missing` names the requests that the recording cannot answer, `differs` those that it answers
    although they are not the recorded ones any more.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._waiting: dict[object, list[Exchange]] = {}
        for exchange in trace.exchanges:
            self._waiting.setdefault(_key_of(exchange), []).append(exchange)
        self._answered = 0
        self.missing: list[str] = []
        self.differs: list[str] = []

    def answer(self, send: Send) -> Exchange:
        """The recorded answer to a request; a failure when there is none."""
        request = Request(method=send.method, url=send.url, headers=send.headers, body=send.body)
        recorded = self._take(_key(send, send.method, send.url))
        name = f"{send.method} {send.url} ({send.step})"
        self._answered += 1
        if recorded is None:
            self._miss(send, name)
            text = f"the recording has no answer for {name}"
            return Exchange(
                n=self._answered,
                step=send.step,
                purpose=send.purpose,
                voice=send.voice,
                request=request,
                failure=Failure(FailureKind.OTHER, text),
                exploration=send.exploration,
            )
        if changes := list(_changes(recorded.request, request)):
            self.differs.append(f"{name}: {', '.join(changes)}")
        request = replace(request, http_version=recorded.request.http_version)
        return replace(recorded, n=self._answered, request=request, exploration=send.exploration)

    def random_values(self) -> dict[str, list[str]]:
        """The random values that the recorded client sent, in order: `state`, `code_verifier`.

        In a redacted recording they are placeholders, which match those of its callbacks.
        """
        values: dict[str, list[str]] = {}
        for exchange in self._trace.exchanges:
            request = exchange.request
            match exchange.purpose:
                case Purpose.AUTHORIZE:
                    name, value = "state", query(request.url).get("state")
                case Purpose.TOKEN:
                    name = "code_verifier"
                    value = dict(_values(request)).get(name)
                case _:
                    continue
            if value is not None:
                values.setdefault(name, []).append(value)
        return values

    def _take(self, key: object) -> Exchange | None:
        waiting = self._waiting.get(key)
        if not waiting:
            return None
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def _miss(self, send: Send, name: str) -> None:
        self.missing.append(name)
        for recorded in self._trace.at(send.step, send.purpose):
            if recorded.voice is send.voice:
                was = recorded.request
                self.differs.append(f"{name}: recorded as {was.method} {was.url}")
                return


def _key_of(exchange: Exchange) -> object:
    return _key(exchange, exchange.request.method, exchange.request.url)


def _key(of: Exchange | Send, method: str, url: str) -> object:
    try:
        parts = urlsplit(url)
    except ValueError:
        return (of.step, of.purpose, of.voice, method, url)
    query = [(name, _aligned(name, value)) for name, value in parse_qsl(parts.query, True)]
    place = (parts.scheme, parts.netloc.lower(), parts.path or "/")
    return (of.step, of.purpose, of.voice, method, place, tuple(query))


def _aligned(name: str, value: str) -> str:
    """A value as far as two runs of the same client have it in common."""
    if name in _VOLATILE or kind_of(name) or PLACEHOLDER.search(value):
        return "*"
    return loopback_port(value, ":*")


def _changes(recorded: Request, sent: Request) -> Iterator[str]:
    """What differs between two requests to the same address, volatile values aside."""
    yield from _compared("header", _headers(recorded), _headers(sent))
    yield from _compared(
        "body",
        {name: _aligned(name.rpartition(".")[2], value) for name, value in _values(recorded)},
        {name: _aligned(name.rpartition(".")[2], value) for name, value in _values(sent)},
    )


def _compared(what: str, recorded: dict[str, str], sent: dict[str, str]) -> Iterator[str]:
    for name in sorted(recorded.keys() | sent.keys()):
        if name not in sent:
            yield f"{what} {name} is missing"
        elif name not in recorded:
            yield f"{what} {name} is new"
        elif recorded[name] != sent[name]:
            yield f"{what} {name} was {recorded[name]!r} and is {sent[name]!r}"


def _headers(request: Request) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in request.headers:
        name = name.lower()
        if name in _UNIMPORTANT_HEADERS:
            continue
        if name in ("authorization", "proxy-authorization"):
            value = value.partition(" ")[0].lower()
        elif header_kind(name) or PLACEHOLDER.search(value):
            value = "*"
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _values(message: Message) -> Iterator[tuple[str, str]]:
    """The members of a JSON body by their path, or the fields of a form."""
    if message.json is not None:
        yield from _members(message.json, "", 0)
    elif message.media_type == "application/x-www-form-urlencoded":
        try:
            yield from parse_qsl(message.text, keep_blank_values=True, max_num_fields=1000)
        except ValueError:
            yield "form", "*"
    elif message.body:
        yield "content", message.text[:200]


def _members(value: Json, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value and depth < 5:
        for name, one in value.items():
            yield from _members(one, f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, str):
        yield path, value
    else:
        yield path, json.dumps(value)[:200]
