"""How two requests, or two answers to one request, differ: field by field, member by member."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.model import challenge
from harness.model.jsonrpc import messages
from harness.model.trace import Json, Message, Request, Response
from harness.recording.common import (
    Reading,
    common_header,
    common_parameter,
    common_text,
)
from harness.recording.members import Difference, Sides, fields, leaf, members

# The bytes follow from the fields, and the place of Host from the HTTP library.
_NOT_COMPARED = ("content-length", "host")
_FORM = "application/x-www-form-urlencoded"
_MANY_FIELDS = 1000

type _Fields = Sequence[tuple[str, str]]


def request_differences(one: Request, other: Request, sides: Sides) -> Iterator[Difference]:
    """What the second request says otherwise than the first, wherever it says it."""
    if one.method != other.method:
        yield Difference("method", one.method, other.method)
    yield from _addresses("url", one.url, other.url, sides)
    by_us = one.header("user-agent") or ""
    if not by_us.lower().startswith("mozilla/"):
        # Of what a browser sends only the address is the client's own.
        yield from _headers(one, other, sides)
    yield from _fields("query", _query(one.url), _query(other.url), sides)
    yield from _bodies(one, other, sides)


def order_differences(one: Request, other: Request) -> Iterator[Difference]:
    """Where two requests say the same in another order, of the names that both have."""
    by_us = one.header("user-agent") or ""
    if not by_us.lower().startswith("mozilla/"):
        left, right = ([name.lower() for name, _ in each.headers] for each in (one, other))
        compared = [name for name in left if name not in _NOT_COMPARED]
        yield from _order("header", compared, right)
    yield from _order("query", *([name for name, _ in _query(each.url)] for each in (one, other)))
    if one.media_type == other.media_type == _FORM:
        yield from _order("body", *([name for name, _ in _form(each)] for each in (one, other)))
    else:
        with suppress(RecursionError):
            yield from tuple(_orders("body", one.json, other.json))


def answer_differences(one: Response, other: Response, sides: Sides) -> Iterator[Difference]:
    """What the second answer says otherwise than the first.

    Of answers to another effect (200 and 401) the bodies have no members to compare.
    """
    if one.status != other.status:
        yield Difference("status", str(one.status), str(other.status))
    if one.encoding_error != other.encoding_error:
        yield Difference("encoding", one.encoding_error, other.encoding_error)
    if one.status // 100 == other.status // 100:
        yield from _bodies(one, other, sides)
    elif one.body or other.body:
        yield from leaf("body", _text(one), _text(other), common_text, sides)
    yield from _headers(one, other, sides)
    if one.http_version != other.http_version:
        yield Difference("http_version", one.http_version, other.http_version)


def _addresses(place: str, one: str, other: str, sides: Sides) -> Iterator[Difference]:
    def read(url: str, reading: Reading) -> str:
        return common_text(unquote(url), reading)

    yield from leaf(place, one.partition("?")[0], other.partition("?")[0], read, sides)


def _query(url: str) -> _Fields:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=_MANY_FIELDS)
    except ValueError:
        return [("(unreadable)", url.partition("?")[2])]


def _form(message: Message) -> _Fields:
    try:
        return parse_qsl(message.text, keep_blank_values=True, max_num_fields=_MANY_FIELDS)
    except ValueError:
        return [("(unreadable)", message.text)]


def _fields(place: str, one: _Fields, other: _Fields, sides: Sides) -> Iterator[Difference]:
    yield from fields(place, _joined(one), _joined(other), sides, common_parameter)


def _joined(fields: _Fields) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in fields:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _bodies(one: Message, other: Message, sides: Sides) -> Iterator[Difference]:
    if one.media_type == other.media_type == _FORM:
        yield from _fields("body", _form(one), _form(other), sides)
        return
    left, right = _json(one), _json(other)
    if left is not None and right is not None:
        with suppress(RecursionError):
            yield from members("body", left, right, sides)
            return
    if one.body or other.body:
        yield from leaf("body", _text(one), _text(other), common_text, sides)


def _json(message: Message) -> Json:
    """A JSON body, or what an event stream carried: of one message just that."""
    if message.media_type == "text/event-stream" and isinstance(message, Response):
        found: list[Json] = list(messages(message))
        return found[0] if len(found) == 1 else found or None
    return message.json


def _text(message: Message) -> str | None:
    return message.text if message.body else None


def _headers(one: Message, other: Message, sides: Sides) -> Iterator[Difference]:
    names = dict.fromkeys(name.lower() for name, _ in (*one.headers, *other.headers))
    for name in names:
        if name in _NOT_COMPARED:
            continue
        left, right = one.header_lines(name), other.header_lines(name)
        place = f"header.{name}"
        if not left or not right:
            yield Difference(place, ", ".join(left) or None, ", ".join(right) or None)
        else:
            yield from _header(place, name, left, right, sides)


def _header(
    place: str, name: str, one: list[str], other: list[str], sides: Sides
) -> Iterator[Difference]:
    match name:
        case "www-authenticate":
            yield from members(place, _challenges(one), _challenges(other), sides)
        case "location" | "content-location":
            yield from _addresses(place, one[0], other[0], sides)
            yield from _fields(place, _query(one[0]), _query(other[0]), sides)
        case "set-cookie":
            yield from fields(place, _cookies(one), _cookies(other), sides, _common_cookie)
        case "content-type":
            left, right = one[0].lower().partition(";"), other[0].lower().partition(";")
            yield from leaf(place, left[0].strip(), right[0].strip(), common_text, sides)
            if (mine := _tight(left[2])) != (theirs := _tight(right[2])):
                yield Difference(f"{place}.parameters", mine or None, theirs or None)
        case "authorization" | "proxy-authorization":
            if (mine := common_header(name, one[0])) != (theirs := common_header(name, other[0])):
                yield Difference(place, mine, theirs)
        case _:

            def read(value: str, reading: Reading) -> str:
                return common_header(name, value, reading)

            yield from leaf(place, ", ".join(one), ", ".join(other), read, sides)


def _tight(parameters: str) -> str:
    return parameters.replace(" ", "").replace('"', "")


def _challenges(lines: list[str]) -> dict[str, Json]:
    """Each scheme with its parameters; of a repeated scheme the later ones are numbered."""
    found: dict[str, Json] = {}
    for number, each in enumerate(challenge.parse(lines), 1):
        name = each.scheme if each.scheme not in found else f"{each.scheme} {number}"
        members: dict[str, Json] = dict(each.params)
        if each.violations:
            members["(violations)"] = list(each.violations)
        if each.token68:
            members["token"] = each.token68
        found[name] = members
    return found


def _cookies(lines: list[str]) -> dict[str, str]:
    return {line.partition("=")[0].strip(): line for line in lines}


def _common_cookie(_name: str, line: str, _reading: Reading) -> str:
    """The attributes of a cookie in one order; its value and its end are others each time."""
    attributes = [one.strip().lower() for one in line.split(";")[1:]]
    kept = ("expires" if one.startswith("expires=") else one for one in attributes)
    return "; ".join(sorted(kept))


def _order(place: str, one: Iterable[str], other: Iterable[str]) -> Iterator[Difference]:
    left, right = list(dict.fromkeys(one)), list(dict.fromkeys(other))
    mine = [name for name in left if name in right]
    theirs = [name for name in right if name in left]
    if mine != theirs:
        yield Difference(f"{place} order", ", ".join(mine), ", ".join(theirs), order=True)


def _orders(place: str, one: Json, other: Json) -> Iterator[Difference]:
    """The order of the members, in each object that both have."""
    if isinstance(one, dict) and isinstance(other, dict):
        yield from _order(place, one, other)
        for name in one:
            yield from _orders(f"{place}.{name}", one[name], other.get(name))
