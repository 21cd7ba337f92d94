"""Rewrites the scalars of JSON text where they stand, in broken and cut documents too."""

import json
import re
from collections.abc import Callable

type Rewritten = Callable[[str, str], str]
"""Given the name of the member and its value, the value to stand there."""

_JSON_TOKEN = re.compile(
    r'"(?P<string>(?:[^"\\\r\n]++|\\.)*+)(?P<end>"?)(?P<colon>\s{0,100}:)?'
    r"|(?P<mark>[{}\[\],])|(?P<number>-?[0-9][0-9.eE+\-]*)"
)


def scalars(text: str, string: Rewritten, number: Rewritten) -> str:
    """The text with its strings and numbers rewritten, everything else as it was.

    Items of an array belong to the member that holds the array. A number that changes becomes a
    string.
    """
    name = ""
    arrays: list[str | None] = []  # per open container: an array's member, None for an object

    def token(match: re.Match[str]) -> str:
        nonlocal name
        if mark := match["mark"]:
            name = _enter(mark, name, arrays)
            return mark
        if digits := match["number"]:
            new = number(name, digits)
            return digits if new == digits else f'"{_escaped(new)}"'
        if match["colon"]:
            name = match["string"]
            return match.group()
        value = _unescaped(match["string"])
        new = string(name, value)
        return match.group() if new == value else f'"{_escaped(new)}{match["end"]}'

    return _JSON_TOKEN.sub(token, text)


def _enter(mark: str, name: str, arrays: list[str | None]) -> str:
    """The member one stands under after a structural character."""
    match mark:
        case "{":
            arrays.append(None)
            return ""
        case "[":
            arrays.append(name)
            return name
        case ",":
            return (arrays[-1] if arrays else None) or ""
    if arrays:
        arrays.pop()
    return ""


def _unescaped(raw: str) -> str:
    if "\\" not in raw:
        return raw
    try:
        return str(json.loads(f'"{raw}"', strict=False))
    except ValueError:
        return raw


def _escaped(text: str) -> str:
    lone = any("\ud800" <= char <= "\udfff" for char in text)
    return json.dumps(text, ensure_ascii=lone)[1:-1]
