"""Answers the simulated client from a recording, without a network."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from harness.client.events import Send
from harness.model.trace import (
    Exchange,
    Failure,
    FailureKind,
    Purpose,
    Request,
    Trace,
)
from harness.model.wellknown import query
from harness.recording.common import common_parameter
from harness.recording.differences import request_differences
from harness.recording.members import Sides
from harness.recording.secret_names import words

_UNIMPORTANT = frozenset(
    f"header.{name}" for name in words("connection cookie date traceparent tracestate x-request-id")
)
"""What the proxy or the sign-in adds, and not the client."""


class Replay:
    """The exchanges of one trace as answers, each given once and the last one again for repeats.

    `missing` names the requests that the recording cannot answer, `differs` those that it answers
    although they are not the recorded ones any more.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._waiting: dict[object, list[Exchange]] = {}
        self._by_anyone: dict[object, Exchange] = {}
        for exchange in trace.exchanges:
            self._waiting.setdefault(_key_of(exchange), []).append(exchange)
            # Another voice was mostly told the same; it is asked where the own one was not.
            anyone = _key(exchange, exchange.request.method, exchange.request.url, voice=False)
            self._by_anyone.setdefault(anyone, exchange)
        self._answered = 0
        self.missing: list[str] = []
        self.differs: list[str] = []

    def answer(self, send: Send) -> Exchange:
        """The recorded answer to a request; a failure when there is none."""
        request = Request(method=send.method, url=send.url, headers=send.headers, body=send.body)
        recorded = self._take(_key(send, send.method, send.url)) or self._by_anyone.get(
            _key(send, send.method, send.url, voice=False)
        )
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
        return replace(
            recorded,
            n=self._answered,
            voice=send.voice,
            request=request,
            exploration=send.exploration,
        )

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
                    value = dict(parse_qsl(request.text, True)).get(name)
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


def _key(of: Exchange | Send, method: str, url: str, *, voice: bool = True) -> object:
    who = of.voice if voice else None
    try:
        parts = urlsplit(url)
    except ValueError:
        return (of.step, of.purpose, who, method, url)
    query = [(name, common_parameter(name, value)) for name, value in parse_qsl(parts.query, True)]
    place = (parts.scheme, parts.netloc.lower(), parts.path or "/")
    return (of.step, of.purpose, who, method, place, tuple(query))


def _changes(recorded: Request, sent: Request) -> Iterator[str]:
    """What differs between two requests to the same address, volatile values aside."""
    for each in request_differences(recorded, sent, Sides()):
        if each.volatile or each.place in _UNIMPORTANT:
            continue
        what = each.place.replace(".", " ", 1)
        if each.other is None:
            yield f"{what} is missing"
        elif each.one is None:
            yield f"{what} is new"
        else:
            yield f"{what} was {each.one!r} and is {each.other!r}"
