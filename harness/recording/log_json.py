"""Lines of JSON: Caddy's own, and those whose names say what they hold."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice

from harness.model.access_log import LogLine
from harness.model.trace import Json
from harness.recording.log_text import read_text
from harness.recording.log_values import (
    AGENT_LIMIT,
    TARGET_LIMIT,
    addresses,
    duration,
    epoch,
    moment,
    origin_form,
    request_line,
    status,
)

_DEPTH = 4
_MEMBERS = 400


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Names without capitals and marks, the likeliest first; of nested members also joined ones.
_METHOD = _words("method requestmethod verb httpmethod httprequestmethod clientrequestmethod")
_TARGET = _words(
    "uri requesturi clientrequesturi requesturl originalurl urloriginal url path requestpath "
    "urlpath clientrequestpath httppath httpurl"
)
_QUERY = _words("args query querystring urlquery")
_STATUS = _words(
    "status statuscode httpstatus httpstatuscode responsestatus responsestatuscode "
    "httpresponsestatuscode downstreamstatus edgeresponsestatus resstatuscode"
)
_AGENT = _words(
    "useragent httpuseragent requestuseragent clientrequestuseragent useragentoriginal agent ua"
)
_PEER = _words(
    "clientip remoteaddr remoteip ip sourceip clientaddr clientaddress remoteaddress clienthost "
    "remotehost remote realip xrealip"
)
_FORWARDED = _words("xforwardedfor httpxforwardedfor forwardedfor xff cfconnectingip")
_TIME = _words(
    "ts time timestamp timelocal timeiso8601 datetime startutc msec edgestarttimestamp "
    "timestampinms timestampms starttime date"
)
_MILLISECONDS = _words("durationms responsetime responsetimems latencyms elapsedms")
_DURATION = _words("duration latency requesttime elapsed took")
_LINE = ("log", "message", "msg", "request")


def read_json(text: str, *, file: str, number: int) -> LogLine | None:
    """A line that is a JSON object of a request, None when it is none."""
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    members = _flat(value)
    method, target = _text(members, _METHOD), _text(members, _TARGET)
    if method is None or target is None:
        return _wrapped(members, file=file, number=number)
    code = _first(members, _STATUS)
    query = _text(members, _QUERY)
    if query and "?" not in target:
        target = f"{target}?{query.removeprefix('?')}"
    agent = _text(members, _AGENT)
    return LogLine(
        file=file,
        number=number,
        time=_time(members),
        addresses=_addresses(members),
        method=method.upper()[:10] if method.isascii() and method.isalpha() else "",
        target=origin_form(target[: 2 * TARGET_LIMIT]),
        status=status(str(code)) if isinstance(code, int | str) else None,
        agent=None if agent is None else agent.removeprefix("-")[:AGENT_LIMIT],
        seconds=_seconds(members),
    )


def _wrapped(members: Mapping[str, Json], *, file: str, number: int) -> LogLine | None:
    """A line of text that a container's log keeps within JSON, or a request line in a member."""
    for name in _LINE:
        inner = members.get(name)
        if not isinstance(inner, str):
            continue
        found = read_text(inner, file=file, number=number)
        if found is not None:
            return found
        method, target = request_line(inner)
        if method:
            rest = {**members, "method": method, "uri": target}
            rest.pop(name)
            return read_json(json.dumps(rest), file=file, number=number)
    return None


def _flat(value: Mapping[str, Json]) -> dict[str, Json]:
    """The members of all levels, outer ones first, under plain names and under joined ones."""
    found: dict[str, Json] = {}
    level: list[tuple[str, Mapping[str, Json]]] = [("", value)]
    for _ in range(_DEPTH):
        inner: list[tuple[str, Mapping[str, Json]]] = []
        for front, members in level:
            for key, one in islice(members.items(), _MEMBERS):
                name = _plain(key)
                joined = f"{front}{name}"[-60:]
                # A response's headers are not the client's.
                if isinstance(one, dict) and name not in ("respheaders", "responseheaders"):
                    inner.append((joined, one))
                elif isinstance(one, list):
                    one = next(iter(one), None)
                if not isinstance(one, dict | list):
                    found.setdefault(joined, one)
                    found.setdefault(name, one)
            if len(found) > _MEMBERS:
                return found
        level = inner
    return found


def _plain(name: str) -> str:
    return "".join(char for char in name[:60].lower() if char.isalnum())


def _values(members: Mapping[str, Json], names: tuple[str, ...]) -> Iterator[Json]:
    for name in names:
        value = members.get(name)
        if value is not None and not isinstance(value, bool | dict | list):
            yield value


def _first(members: Mapping[str, Json], names: tuple[str, ...]) -> Json:
    return next(_values(members, names), None)


def _text(members: Mapping[str, Json], names: tuple[str, ...]) -> str | None:
    return next((one for one in _values(members, names) if isinstance(one, str)), None)


def _addresses(members: Mapping[str, Json]) -> tuple[str, ...]:
    groups = (_text(members, _FORWARDED), _text(members, _PEER))
    return tuple(one for group in groups if group for one in addresses(group))


def _time(members: Mapping[str, Json]) -> float | None:
    for value in _values(members, _TIME):
        found = moment(value) if isinstance(value, str) else None
        if isinstance(value, int | float):
            found = _epoch(value)
        if found is not None:
            return found
    return None


def _epoch(value: float) -> float | None:
    try:
        return epoch(float(value))
    except OverflowError:
        return None


def _seconds(members: Mapping[str, Json]) -> float | None:
    """How long the answer took, where the unit is sure: a plain `duration` is in any unit."""
    for value in _values(members, _MILLISECONDS):
        if (number := _number(value)) is not None:
            return number / 1000
    for value in _values(members, _DURATION):
        if isinstance(value, str) and (found := duration(value)) is not None:
            return found
    if (number := _number(members.get("requesttime"))) is not None:
        return number
    number = _number(members.get("duration"))
    if number is not None and "downstreamstatus" in members:
        return number / 1e9  # Traefik
    return number if members.get("msg") == "handled request" else None  # Caddy


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < 1e15 else None
