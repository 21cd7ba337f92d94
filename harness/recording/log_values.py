"""Single values of an access log: times, durations, addresses, request lines."""

import ipaddress
import math
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

TARGET_LIMIT = 8192
AGENT_LIMIT = 300

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_LOCAL = re.compile(
    r"(\d{1,2})/([A-Za-z]{3})/(\d{4})[: ](\d\d):(\d\d):(\d\d)(?:[.,]\d+)?"
    r"(?: ?([+-])(\d\d):?(\d\d))?"
)
_NUMBER = re.compile(r"\d{1,20}(?:\.\d{1,12})?")
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)\s?(ns|us|µs|ms|s)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
_REQUEST = re.compile(r"([A-Z]{3,10}) (\S+)(?: HTTP/\d(?:\.\d)?)?")
_PORT = re.compile(r"(.*):\d{1,5}")
_LIST = re.compile(r"[^,\s]+")


@lru_cache(4096)
def moment(text: str) -> float | None:
    """Seconds since the epoch: from an access log's own form, ISO 8601, or a number."""
    if _NUMBER.fullmatch(text):
        return epoch(float(text))
    try:
        if match := _LOCAL.fullmatch(text):
            day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
            offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
            zone = timezone(-offset if sign == "-" else offset)
            number = _MONTHS.get(month.lower(), 0)
            numbers = (int(year), number, int(day), int(hour), int(minute), int(second))
            return epoch(datetime(*numbers, tzinfo=zone).timestamp())
        found = datetime.fromisoformat(text)
        return epoch((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def epoch(value: float) -> float | None:
    """Seconds from seconds, milli-, micro- or nanoseconds, by their size; None beyond 2100."""
    if not math.isfinite(value) or value <= 0:
        return None
    while value > 1e11:
        value /= 1000
    return value if value < 4.1e9 else None


def duration(text: str) -> float | None:
    """Seconds from a text with its unit."""
    match = _DURATION.fullmatch(text.strip())
    return float(match[1]) * _UNITS[match[2]] if match else None


_ADDRESS = re.compile(
    r"[\s\"',;]*\[?[0-9A-Fa-f:]*[.:][0-9A-Fa-f:.]*(?:%\w+)?\]?(?::\d+)?[\s\"',;]*"
)


def address(text: str) -> str | None:
    """An IP address in its short form, without brackets and port; None for anything else."""
    return _address(text) if len(text) <= 100 and _ADDRESS.fullmatch(text) else None


@lru_cache(8192)
def _address(text: str) -> str | None:
    text = text.strip(" \t\"',;")
    bare = text.removeprefix("::ffff:") if "." in text else text
    match = _PORT.fullmatch(bare) if bare.count(":") == 1 or "]" in bare else None
    try:
        return str(ipaddress.ip_address((match[1] if match else bare).strip("[]")))
    except ValueError:
        return None


def addresses(text: str) -> tuple[str, ...]:
    """The IP addresses of a list such as X-Forwarded-For, at most ten."""
    found = (address(one) for one in _LIST.findall(text[:1000]))
    return tuple(one for one in found if one is not None)[:10]


def only_addresses(text: str) -> bool:
    """True for a list that holds nothing else."""
    parts = _LIST.findall(text[:1000])
    return bool(parts) and all(address(one) is not None for one in parts)


def request_line(text: str) -> tuple[str, str]:
    """Method and target; both empty for what is no HTTP request."""
    match = _REQUEST.fullmatch(text)
    return (match[1], origin_form(match[2])) if match else ("", "")


def origin_form(url: str) -> str:
    """The path and query of an absolute or relative address, bounded."""
    scheme, mark, rest = url.partition("://")
    if mark and scheme.isalpha():
        cut = re.search(r"[/?#]", rest)
        url = rest[cut.start() :] if cut else "/"
    return url.partition("#")[0][:TARGET_LIMIT]


def status(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,3}", text) else None
