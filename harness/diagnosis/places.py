"""What stands in an exchange at the place that a piece of evidence names."""

from urllib.parse import parse_qsl

from harness.diagnosis.reading import quote
from harness.model.trace import Exchange, Json, Message
from harness.model.wellknown import query

_ABSENT = "(absent)"


def at_place(exchange: Exchange, place: str) -> str | None:
    """The value, `(absent)` where there is none, and None for a place that is no part of HTTP."""
    match place.split(".", 2):
        case ["failure"] | ["response", "status"]:
            failure = exchange.failure
            return failure.text if failure else f"answered {exchange.status}"
        case ["request", "url"]:
            return exchange.request.url
        case ["request", "method"]:
            return exchange.request.method
        case ["request", "query", name]:
            return query(exchange.request.url).get(name, _ABSENT)
        case ["timing", "total"]:
            return f"{exchange.timing.total:.0f} ms"
        case ["request", *rest]:
            return _in_message(exchange.request, rest)
        case ["response", *rest] if exchange.response is not None:
            return _in_message(exchange.response, rest)
    return None


def _in_message(message: Message, rest: list[str]) -> str | None:
    match rest:
        case ["header", name]:
            return message.header(name) or _ABSENT
        case ["body"]:
            return quote(message.text.strip()) or "(empty)"
        case ["body", path]:
            return _member(message, path)
    return None


def _member(message: Message, path: str) -> str:
    if message.media_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(message.text, keep_blank_values=True)).get(path, _ABSENT)
    value: Json = message.json
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return _ABSENT
        value = value[name]
    return quote(str(value))
