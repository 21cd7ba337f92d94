"""Dataclasses to JSON and back, led by their annotations."""

import base64
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any

from harness.model.trace import Json

_NESTING = 200


class CodecError(ValueError):
    """The JSON value does not fit the type; the text says where and why."""


def encode(value: object) -> Json:
    """A value as JSON; fields that hold their default are left out.

    Bytes become text when they are valid UTF-8, else `{"base64": ...}`.
    """
    match value:
        case Enum():
            return str(value.value)
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            try:
                return value.decode()
            except ValueError:
                return {"base64": base64.b64encode(value).decode()}
        case tuple() | list():
            return [encode(one) for one in value]
        case Mapping():
            return {str(name): encode(one) for name, one in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"cannot record a {type(value).__name__}")
    return {
        one.name: encode(held)
        for one in fields(value)
        if not _is_default(one, held := getattr(value, one.name))
    }


def decode(kind: Any, value: object, where: str) -> Any:
    """The value of a type that a JSON value stands for; raises CodecError."""
    if kind is Json:
        _check_nesting(value, where)
        return value
    if isinstance(kind, typing.TypeAliasType):
        return decode(kind.__value__, value, where)
    if is_dataclass(kind) and isinstance(kind, type):
        return _decode_object(kind, value, where)
    origin = typing.get_origin(kind)
    if origin is tuple:
        return _decode_tuple(typing.get_args(kind), value, where)
    if origin is Mapping:
        members = _expect(dict, value, where)
        return {name: decode(Json, one, f"{where}.{name}") for name, one in members.items()}
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        (other,) = (one for one in typing.get_args(kind) if one is not types.NoneType)
        return decode(other, value, where)
    return _decode_plain(kind, value, where)


def _is_default(one: Field[Any], value: object) -> bool:
    if one.default is not MISSING:
        return bool(one.default == value)
    return one.default_factory is not MISSING and bool(one.default_factory() == value)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _decode_object(kind: type, value: object, where: str) -> Any:
    members = _expect(dict, value, where)
    hints = _hints(kind)
    given: dict[str, Any] = {}
    for one in fields(kind):
        if one.name in members:
            given[one.name] = decode(hints[one.name], members[one.name], f"{where}.{one.name}")
        elif one.default is MISSING and one.default_factory is MISSING:
            raise CodecError(f"{where} has no {one.name}")
    return kind(**given)


def _decode_tuple(kinds: tuple[Any, ...], value: object, where: str) -> tuple[Any, ...]:
    items = _expect(list, value, where)
    if len(kinds) == 2 and kinds[1] is ...:
        kinds = (kinds[0],) * len(items)
    if len(items) != len(kinds):
        raise CodecError(f"{where} must have {len(kinds)} items")
    return tuple(
        decode(kind, one, f"{where}[{at}]")
        for at, (kind, one) in enumerate(zip(kinds, items, strict=True))
    )


def _decode_plain(kind: Any, value: object, where: str) -> Any:
    if kind is bytes:
        return _decode_bytes(value, where)
    if kind is float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CodecError(f"{where} must be a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise CodecError(f"{where} is too large")
        return number
    if issubclass(kind, Enum):
        try:
            return kind(_expect(str, value, where))
        except ValueError:
            raise CodecError(f"{where} has the unknown value {str(value)[:40]!r}") from None
    if isinstance(value, bool) and kind is not bool:
        raise CodecError(f"{where} must be a {_NAMES[kind]}")
    return _expect(kind, value, where)


def _decode_bytes(value: object, where: str) -> bytes:
    if isinstance(value, str):
        try:
            return value.encode()
        except ValueError:
            raise CodecError(f"{where} is no valid text") from None
    held = _expect(dict, value, where).get("base64")
    try:
        return base64.b64decode(_expect(str, held, f"{where}.base64"), validate=True)
    except CodecError:
        raise
    except ValueError:
        raise CodecError(f"{where}.base64 is not base64") from None


_NAMES: dict[type, str] = {
    dict: "object",
    list: "list",
    str: "text",
    int: "whole number",
    bool: "true or false",
}


def _expect[T](kind: type[T], value: object, where: str) -> T:
    if not isinstance(value, kind):
        raise CodecError(f"{where} must be of type {_NAMES[kind]}")
    return value


def _check_nesting(value: object, where: str, depth: int = 0) -> None:
    if depth > _NESTING:
        raise CodecError(f"{where} is nested too deep")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            _check_nesting(one, where, depth + 1)
