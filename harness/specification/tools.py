"""The tools that a server lists, and the annotations in their schemas."""

import re
from collections.abc import Iterator

from harness.model.trace import Json, Trace
from harness.specification.calls import Call, results
from harness.specification.reading import some

type Schema = dict[str, Json]

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_DEPTH = 12
_ANNOTATION = "x-mcp-header"


def tools_of(result: dict[str, Json]) -> list[dict[str, Json]]:
    """The tools of a result, without entries that are no objects."""
    tools = result.get("tools")
    return [one for one in tools if isinstance(one, dict)] if isinstance(tools, list) else []


def listed(trace: Trace) -> tuple[Call, list[dict[str, Json]]]:
    """The latest list of tools that holds any."""
    found = [
        (call, tools_of(result))
        for call, result in results(trace)
        if call.method == "tools/list" and tools_of(result)
    ]
    return some(found)[-1]


def annotated(
    schema: Json, *, reachable: bool = True, depth: int = 0
) -> Iterator[tuple[Schema, bool]]:
    """Every schema that asks for a header, and whether only `properties` lead to it."""
    if depth > _DEPTH:
        return
    if isinstance(schema, list):
        for one in schema:
            yield from annotated(one, reachable=False, depth=depth + 1)
    if not isinstance(schema, dict):
        return
    if _ANNOTATION in schema:
        yield schema, reachable
    for name, value in schema.items():
        if name == "properties" and isinstance(value, dict):
            for one in value.values():
                yield from annotated(one, reachable=reachable, depth=depth + 1)
        elif isinstance(value, dict | list):
            yield from annotated(value, reachable=False, depth=depth + 1)


def is_token(text: str) -> bool:
    """True for a name that a header may have (RFC 9110 section 5.6.2)."""
    return _TOKEN.fullmatch(text) is not None
