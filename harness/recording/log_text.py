"""Lines of text: the common and combined formats of Apache and nginx, and uvicorn's."""

import re
from collections.abc import Mapping
from itertools import islice

from harness.model.access_log import LogLine
from harness.recording.log_values import (
    AGENT_LIMIT,
    address,
    addresses,
    duration,
    moment,
    only_addresses,
    request_line,
    status,
)

# What stands before the time differs (virtual host, syslog, container), what stands after it
# does not: so the time in brackets is looked for.
_COMMON = re.compile(r'\[([^\[\]]{8,64})\] "((?:[^"\\]|\\.)*+)" (\d{3}|-)(?= |\Z)(.*)', re.DOTALL)
_UVICORN = re.compile(r'(\S{3,60}:\d{1,5}) - "([A-Z]{3,10} \S+ HTTP/[\d.]+)" (\d{3})\b')
_FIELD = re.compile(r'(?:([A-Za-z_][\w.\-]{0,40}+)[=:])?(?:"((?:[^"\\]|\\.)*+)"|([^\s"]++))')
_AGENTS = ("ua", "agent", "user_agent", "http_user_agent", "useragent")
_FORWARDED = ("xff", "forwarded", "x_forwarded_for", "http_x_forwarded_for")
_DURATIONS = ("rt", "request_time", "duration", "rtime")
_SECONDS = re.compile(r"\d{1,9}\.\d{3}")
"""nginx writes its times so; Apache's numbers have no point and may be of any unit."""


def read_text(text: str, *, file: str, number: int) -> LogLine | None:
    """A line of one of the text formats, None when it is none."""
    match = _COMMON.search(text)
    if match is not None:
        front = text[: match.start()][-1000:]
        return _common(match, front, file=file, number=number)
    match = _UVICORN.search(text)
    if match is None:
        return None
    method, target = request_line(match[2])
    peer = address(match[1])
    return LogLine(
        file=file,
        number=number,
        addresses=(peer,) if peer else (),
        method=method,
        target=target,
        status=int(match[3]),
    )


def _common(match: re.Match[str], front: str, *, file: str, number: int) -> LogLine:
    method, target = request_line(match[2])
    agent, forwarded, seconds = _rest(match[4])
    words = front.split()
    peers = addresses(front) or tuple(words[:1])
    return LogLine(
        file=file,
        number=number,
        time=moment(match[1]),
        addresses=(*forwarded, *peers),
        method=method,
        target=target,
        status=status(match[3]),
        agent=agent,
        seconds=seconds,
    )


def _rest(text: str) -> tuple[str | None, tuple[str, ...], float | None]:
    """User-Agent, forwarded addresses and duration among the fields after the status."""
    quoted: list[str] = []
    named: dict[str, str] = {}
    seconds: float | None = None
    for match in islice(_FIELD.finditer(text[:20_000]), 60):
        name, in_quotes, bare = match.groups()
        value = in_quotes if in_quotes is not None else bare
        if name is not None:
            named.setdefault(name.lower(), value)
        elif in_quotes is not None:
            quoted.append(in_quotes)
        elif seconds is None:
            seconds = _seconds(bare)
    lists = [one for one in quoted if only_addresses(one)]
    forwarded = _first(named, _FORWARDED) or next(iter(lists), "")
    timed = _first(named, _DURATIONS)
    agent = _first(named, _AGENTS)
    return (
        (_agent(quoted, lists) if agent is None else agent[:AGENT_LIMIT]),
        addresses(forwarded),
        seconds if timed is None else _seconds(timed),
    )


def _agent(quoted: list[str], lists: list[str]) -> str | None:
    """The User-Agent, which follows the referer; alone it is known by being no address."""
    if not quoted:
        return None
    if quoted[1:2] == ["-"]:
        return ""
    for one in (*quoted[1:2], *quoted[:1], *quoted[2:]):
        if one not in ("", "-", *lists) and "://" not in one[:40]:
            return one[:AGENT_LIMIT]
    return ""


def _first(named: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((named[one] for one in names if one in named), None)


def _seconds(text: str) -> float | None:
    return float(text) if _SECONDS.fullmatch(text) else duration(text)
