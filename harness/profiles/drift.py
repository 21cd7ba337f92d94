"""What a profile says beside what a recording of real traffic shows."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from harness.model.trace import Exchange, Headers, Json, Purpose, Step, Trace, Voice
from harness.model.wellknown import loopback_port
from harness.profiles.profile import Profile

# What depends on the request and not on who sends it.
_OF_THE_REQUEST = (
    "authorization",
    "content-length",
    "content-type",
    "cookie",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
)


@dataclass(frozen=True)
class Difference:
    """One value of a profile that was seen to be another one, and where."""

    field: str
    says: object
    seen: object
    exchange: int


type Seen = tuple[object, Exchange]


def drift(own: Profile, trace: Trace) -> tuple[Difference, ...]:
    """The values that differ; those the recording does not show are left out."""
    found = []
    for name, look in _LOOKS.items():
        seen = look(trace)
        says = getattr(own, name)
        if seen is not None and _differs(says, seen[0], in_order=name == "authorize_order"):
            found.append(Difference(name, says, seen[0], seen[1].n))
    return tuple(found)


def proposal(own: Profile, differences: tuple[Difference, ...], *, source: str, seen: str) -> str:
    """A module with a profile that says what was seen on that date."""
    module = str(own.surface).replace("-", "_")
    values = "".join(f"    {one.field}={one.seen!r},\n" for one in differences)
    proofs = "".join(
        f"        {one.field!r}: Provenance({source!r}, {seen!r}, Confidence.OBSERVED),\n"
        for one in differences
    )
    return (
        f'"""{own.surface} as it was seen on {seen}."""\n\n'
        "from dataclasses import replace\n\n"
        "from harness.model.verdict import Confidence\n"
        f"from harness.profiles.{module} import PROFILE as BEFORE\n"
        "from harness.profiles.profile import Provenance\n\n"
        "PROFILE = replace(\n    BEFORE,\n"
        f"    as_of={seen!r},\n{values}"
        "    provenance={\n        **BEFORE.provenance,\n"
        f"{proofs}    }},\n)\n"
    )


def _differs(says: object, seen: object, *, in_order: bool) -> bool:
    """With `in_order`, names that were not needed this time may be missing."""
    if in_order and isinstance(says, tuple) and isinstance(seen, tuple):
        says = tuple(one for one in says if one in seen)
    return _normal(says) != _normal(seen)


def _normal(value: object) -> object:
    """Lists and tuples alike, without what is another at each login or each server's entry.

    Of headers the place of Host does not count.
    """
    if isinstance(value, str):
        return loopback_port(value, "")
    if isinstance(value, list | tuple):
        items = [_normal(one) for one in value]
        return [one for one in items if not (isinstance(one, list) and one[:1] == ["Host"])]
    if isinstance(value, dict):
        named = {name: _normal(one) for name, one in value.items()}
        if isinstance(named.get("client_name"), str):
            named["client_name"] = re.sub(r" \(.+\)$", "", str(named["client_name"]))
        return named
    return value


def _sent(trace: Trace, voice: Voice, *purposes: Purpose) -> Iterator[Exchange]:
    for one in trace.exchanges:
        if one.voice is voice and one.purpose in purposes and not one.exploration:
            yield one


def _headers(voice: Voice, *purposes: Purpose) -> Callable[[Trace], Seen | None]:
    def look(trace: Trace) -> Seen | None:
        added = trace.choices.get("headers")
        own = {str(one).lower() for one in added} if isinstance(added, list) else set()
        for one in _sent(trace, voice, *purposes):
            kept: Headers = tuple(
                (name, "$HOST" if name.lower() == "host" else value)
                for name, value in one.request.headers
                if name.lower() not in own.union(_OF_THE_REQUEST)
            )
            return kept, one
        return None

    return look


def _member(voice: Voice, purpose: Purpose, *path: str) -> Callable[[Trace], Seen | None]:
    def look(trace: Trace) -> Seen | None:
        for one in _sent(trace, voice, purpose):
            try:
                value: Json = json.loads(one.request.body)
            except ValueError:
                continue
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            if value is not None:
                return value, one
        return None

    return look


def _asked(read: Callable[[list[tuple[str, str]]], object]) -> Callable[[Trace], Seen | None]:
    """Something of the authorization request's query; None where `read` finds nothing."""

    def look(trace: Trace) -> Seen | None:
        for one in trace.at(Step.AUTHORIZE, Purpose.AUTHORIZE, exploration=False):
            value = read(parse_qsl(urlsplit(one.request.url).query))
            return None if value is None else (value, one)
        return None

    return look


def _document_client(query: list[tuple[str, str]]) -> str | None:
    client = dict(query).get("client_id", "")
    return client if client.startswith("https://") else None


def _resource_first(trace: Trace) -> Seen | None:
    for one in trace.at(Step.TOKEN, Purpose.TOKEN, exploration=False):
        names = [name for name, _ in parse_qsl(one.request.text)]
        if "resource" in names and "client_id" in names:
            return names.index("resource") < names.index("client_id"), one
    return None


def _registration(trace: Trace) -> Seen | None:
    found = _member(Voice.BROKER, Purpose.REGISTER)(trace)
    if found is None or not isinstance(found[0], dict):
        return None
    return {name: value for name, value in found[0].items() if name != "scope"}, found[1]


_LOOKS: dict[str, Callable[[Trace], Seen | None]] = {
    "runtime_headers": _headers(Voice.RUNTIME, Purpose.DISCOVER, Purpose.INITIALIZE),
    "broker_client_info": _member(Voice.BROKER, Purpose.INITIALIZE, "params", "clientInfo"),
    "runtime_client_info": _member(Voice.RUNTIME, Purpose.INITIALIZE, "params", "clientInfo"),
    "runtime_capabilities": _member(Voice.RUNTIME, Purpose.INITIALIZE, "params", "capabilities"),
    "handshake_version": _member(Voice.RUNTIME, Purpose.INITIALIZE, "params", "protocolVersion"),
    "modern_version": _member(
        Voice.RUNTIME,
        Purpose.DISCOVER,
        "params",
        "_meta",
        "io.modelcontextprotocol/protocolVersion",
    ),
    "discover_id": _member(Voice.RUNTIME, Purpose.DISCOVER, "id"),
    "registration_body": _registration,
    "cimd_client_id": _asked(_document_client),
    "redirect_uri": _asked(lambda query: dict(query).get("redirect_uri")),
    "authorize_order": _asked(lambda query: tuple(name for name, _ in query)),
    "resource_before_client": _resource_first,
}
