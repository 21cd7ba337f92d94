"""Finds the recorded request that a new one repeats, by what it asks and not by its bytes."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

from harness.diagnosis.classify import classify
from harness.diagnosis.known import Known, learned
from harness.model.trace import Exchange, Json, Purpose, Request, Step, Trace
from harness.model.wellknown import UrlError, origin
from harness.recording.differences import request_differences
from harness.recording.known import PLACEHOLDER
from harness.recording.members import Sides
from harness.reproduce.values import placeholders

_OAUTH = (Purpose.TOKEN, Purpose.REFRESH, Purpose.REGISTER)
_FORM = "application/x-www-form-urlencoded"
_RESTARTED = (Step.LOGIN, Step.CALLBACK, Step.TOKEN, Step.CONNECT, Step.SESSION, Step.REFRESH)

type Key = tuple[str, ...]
"""What must be the same: method, place, purpose, and what is called."""


def key_of(request: Request, known: Known) -> Key | None:
    """The key of a request; None where its URL is none."""
    try:
        place = origin(request.url)
        path = urlsplit(request.url).path or "/"
    except (UrlError, ValueError):
        return None
    purpose = classify(request, known).purpose
    return (request.method, place, path, purpose, *_called(request))


def _called(request: Request) -> Iterator[str]:
    """The JSON-RPC method and what it is about, or the grant of a token request."""
    if request.media_type == _FORM:
        yield dict(_pairs(request.text)).get("grant_type", "")
        return
    message = request.json
    if isinstance(message, list) and message:
        message = message[0]
    if isinstance(message, dict) and isinstance(message.get("method"), str):
        yield str(message["method"])
        about = message.get("params")
        named = (about.get("name") or about.get("uri")) if isinstance(about, dict) else None
        if named is not None:
            yield str(named)


def whole_knowledge(trace: Trace) -> Known:
    """What all exchanges of a recording tell together, whenever they told it."""
    known = Known(target=trace.target)
    for exchange in trace.exchanges:
        known = learned(known, exchange)
    return replace(
        known,
        signing_in=True,
        called_back=False,
        in_session=False,
        refreshed=False,
        more_scope=False,
    )


def given_out(trace: Trace) -> frozenset[str]:
    """The placeholders of what the recorded server handed out, and the client did not bring."""
    given: set[str] = set()
    brought: set[str] = set()
    for exchange in trace.exchanges:
        request, response = exchange.request, exchange.response
        headers = (value for _, value in request.headers)
        brought |= placeholders(" ".join([request.url, request.text, *headers])) - given
        if response is not None:
            headers = (value for _, value in response.headers)
            given |= placeholders(" ".join([response.text, *headers])) - brought
    return frozenset(given)


@dataclass(frozen=True)
class Waiting:
    """A recorded exchange that can answer requests of its key."""

    exchange: Exchange
    credential: str | None


class Matching:
    """The exchanges of one recording, each given once and the last one again for repeats.

    Of several that were asked the same, those count that were asked most alike. A sign-in that
    begins again lets everything behind it begin again.
    """

    def __init__(self, trace: Trace, served: Callable[[Exchange], bool]) -> None:
        self.known = whole_knowledge(trace)
        self.given = given_out(trace)
        self._waiting: dict[Key, list[Waiting]] = {}
        self._used: set[int] = set()
        for exchange in trace.exchanges:
            key = key_of(exchange.request, self.known) if served(exchange) else None
            if key is not None:
                one = Waiting(exchange, credential(exchange.request, exchange.purpose))
                self._waiting.setdefault(key, []).append(one)

    def find(self, request: Request) -> Exchange | None:
        """The exchange that answers a request in the recording's own terms, or None."""
        key = key_of(request, self.known)
        waiting = self._waiting.get(key, []) if key is not None else []
        if not waiting and key is not None and request.method == "HEAD":
            waiting = self._waiting.get(("GET", *key[1:]), [])
        alike = self._alike(request, self._allowed(request, waiting))
        if not alike:
            return None
        unused = [one for one in alike if one.n not in self._used]
        found = unused[0] if unused else alike[-1]
        if found.purpose is Purpose.AUTHORIZE and not unused:
            self._restart()
        self._used.add(found.n)
        return found

    def _restart(self) -> None:
        behind = {
            one.exchange.n
            for waiting in self._waiting.values()
            for one in waiting
            if one.exchange.step in _RESTARTED
        }
        self._used -= behind

    def _allowed(self, request: Request, waiting: Sequence[Waiting]) -> list[Waiting]:
        """Those of a caller who is known as well: a token is never refused for having been none."""
        label = classify(request, self.known)
        shown = credential(request, label.purpose)
        if label.purpose in _OAUTH or not waiting:
            return list(waiting)
        with_one = [one for one in waiting if one.credential is not None]
        without = [one for one in waiting if one.credential is None]
        if shown is None:
            return without
        if shown in self.given:
            return with_one
        own = [one for one in with_one if one.credential not in self.given]
        # A token that this server never gave is as good as none.
        return own or without

    def _alike(self, request: Request, waiting: Sequence[Waiting]) -> list[Exchange]:
        if len(waiting) < 2:
            return [one.exchange for one in waiting]
        voice = classify(request, self.known).voice
        shown = credential(request, None)
        distances = [
            (
                self._strange(one.credential, shown),
                (one.exchange.request.header("origin") is None)
                is not (request.header("origin") is None),
                one.exchange.voice is not voice,
                self._distance(one.exchange.request, request),
            )
            for one in waiting
        ]
        nearest = min(distances)
        pairs = zip(waiting, distances, strict=True)
        return [one.exchange for one, distance in pairs if distance == nearest]

    def _distance(self, recorded: Request, request: Request) -> int:
        """In how many fields two requests differ that are not others at each run."""
        changes = request_differences(recorded, request, Sides())
        fields = sum(1 for each in changes if not each.volatile)
        left, right = dict(_parameters(recorded)), dict(_parameters(request))
        both = left.keys() & right.keys()
        return fields + sum(self._strange(left[name], right[name]) for name in both)

    def _strange(self, recorded: str | None, shown: str | None) -> int:
        """How badly a secret fits the recorded one; unknown ones fit what was unknown then."""
        if recorded == shown or recorded is None or shown is None:
            return 0
        if shown in self.given:
            return 2
        return 1 if recorded in self.given else 0


def credential(request: Request, purpose: Purpose | None) -> str | None:
    """What a caller of the server itself presents, without its scheme."""
    if purpose in _OAUTH:
        return None
    value = request.header("authorization")
    if value is None:
        return None
    found = PLACEHOLDER.search(value)
    return found[0] if found else value.partition(" ")[2] or value


def _parameters(request: Request) -> Iterator[tuple[str, str]]:
    """The parameters of the URL and of a form, and the headers that hold one value."""
    yield from _pairs(urlsplit(request.url).query)
    if request.media_type == _FORM:
        yield from _pairs(request.text)
    session = request.header("mcp-session-id")
    if session is not None:
        yield "mcp-session-id", session


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return []


def rpc_id(message: Json) -> str | int | None:
    """The id of a JSON-RPC message, None where it has none."""
    found = message.get("id") if isinstance(message, dict) else None
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None


def dumped(value: Json) -> str:
    return json.dumps(value)
