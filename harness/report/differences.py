"""How the requests of two runs differ, field by field; random values are compared by kind."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from harness.model.trace import Exchange, Json, Purpose, Request, Step, Trace, Voice
from harness.model.wellknown import loopback_port

# The length of what the client chooses itself is its own; that of a token is the server's.
_OWN_LENGTH = ("state", "verifier", "code_challenge")
_RANDOM = ("state", "code", "code_verifier", "code_challenge", "mcp-session-id")
_PLACEHOLDER = re.compile(r"<(\w+):\d+((?: [a-z]+)?)( \d+)?>")
# The bytes follow from the fields, and the place of Host from the HTTP library.
_NOT_COMPARED = ("content-length", "host")


@dataclass(frozen=True)
class Difference:
    """One field that differs; None stands for a field that is not sent."""

    place: str
    one: str | None
    other: str | None


@dataclass(frozen=True)
class Pair:
    """The exchanges of one purpose in two runs; either side may have none."""

    step: Step
    purpose: Purpose
    voice: Voice
    one: tuple[Exchange, ...]
    other: tuple[Exchange, ...]
    differences: tuple[Difference, ...] = ()


def pairs(one: Trace, other: Trace) -> tuple[Pair, ...]:
    """What both clients asked, in the order of the steps, without pages and exploration."""
    left, right = _groups(one), _groups(other)
    found = []
    for key in sorted(left.keys() | right.keys(), key=lambda key: key[0].position):
        ours, theirs = left.get(key, ()), right.get(key, ())
        differs = tuple(differences(ours[0].request, theirs[0].request)) if ours and theirs else ()
        found.append(Pair(*key, ours, theirs, differs))
    return tuple(found)


def differences(one: Request, other: Request) -> Iterator[Difference]:
    """What differs between two requests of the same purpose."""
    if one.method != other.method:
        yield Difference("method", one.method, other.method)
    yield from _differ("url", _address(one), _address(other))
    by_us = one.header("user-agent") or ""
    if not by_us.lower().startswith("mozilla/"):
        # Of what a browser sends only the address is the client's own.
        yield from _differ_all("header", _headers(one), _headers(other))
    yield from _differ_all("query", _query(one), _query(other))
    yield from _differ_all("body", _body(one), _body(other))
    if one.json_object is None or other.json_object is None:
        yield from _order("body", _joined(_body(one)), _joined(_body(other)))
    yield from _orders("body", one.json, other.json)


type _Fields = Sequence[tuple[str, str]]
type _Key = tuple[Step, Purpose, Voice]


def _groups(trace: Trace) -> Mapping[_Key, tuple[Exchange, ...]]:
    groups: dict[_Key, tuple[Exchange, ...]] = {}
    for one in trace.exchanges:
        if not one.exploration and one.step not in (Step.LOGIN, Step.CALLBACK):
            key = (one.step, one.purpose, one.voice)
            groups[key] = (*groups.get(key, ()), one)
    return groups


def _differ(place: str, one: str | None, other: str | None) -> Iterator[Difference]:
    if one != other:
        yield Difference(place, one, other)


def _differ_all(place: str, one: _Fields, other: _Fields) -> Iterator[Difference]:
    """Values first, then the order of the names that both have."""
    left, right = _joined(one), _joined(other)
    for name in dict.fromkeys([*left, *right]):
        yield from _differ(f"{place} {name}", left.get(name), right.get(name))
    if place != "body":
        yield from _order(place, left, right)


def _order(place: str, one: Iterable[str], other: Iterable[str]) -> Iterator[Difference]:
    """The order of the names that both have."""
    left, right = list(one), list(other)
    mine = [name for name in left if name in right]
    theirs = [name for name in right if name in left]
    yield from _differ(f"{place} order", ", ".join(mine), ", ".join(theirs))


def _orders(place: str, one: Json, other: Json) -> Iterator[Difference]:
    """The order of the members, in each object that both have."""
    if isinstance(one, dict) and isinstance(other, dict):
        yield from _order(place, one, other)
        for name in one:
            yield from _orders(f"{place} {name}", one[name], other.get(name))


def _joined(fields: _Fields) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in fields:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _address(request: Request) -> str:
    return request.url.partition("?")[0]


def _headers(request: Request) -> _Fields:
    named = [(name.lower(), value) for name, value in request.headers]
    return [(name, _kind(name, value)) for name, value in named if name not in _NOT_COMPARED]


def _query(request: Request) -> _Fields:
    try:
        found = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    except ValueError:
        return [("(unreadable)", "")]
    return [(name, _kind(name, value)) for name, value in found]


def _body(request: Request) -> _Fields:
    if request.media_type == "application/x-www-form-urlencoded":
        found = parse_qsl(request.text, keep_blank_values=True)
        return [(name, _kind(name, value)) for name, value in found]
    value = request.json
    if value is None:
        return [("(bytes)", _kind("", request.text))] if request.body else []
    return list(_members(value, ""))


def _members(value: Json, path: str) -> Iterator[tuple[str, str]]:
    """The leaves of a JSON document under dotted names; lists are leaves."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _members(inner, f"{path}.{name}" if path else name)
        return
    if isinstance(value, list):
        value = [_kind("", one) if isinstance(one, str) else one for one in value]
    if isinstance(value, str):
        value = _kind(path.rpartition(".")[2], value)
    yield path, json.dumps(value, ensure_ascii=False)


def _kind(name: str, value: str) -> str:
    """The value without what is another one at each run."""
    value = loopback_port(_PLACEHOLDER.sub(_placeholder, value), ":<port>")
    if name in _RANDOM and not value.startswith("<"):
        length = f" {len(value)}" if name in _OWN_LENGTH else ""
        return f"<{name}{length}>"
    if name == "client_id" and not value.startswith(("https://", "http://")):
        return "<client_id>"
    return value


def _placeholder(found: re.Match[str]) -> str:
    length = found[3] or "" if found[1] in _OWN_LENGTH else ""
    return f"<{found[1]}{found[2]}{length}>"
