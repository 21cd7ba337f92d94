"""What differs on the wire between two runs, what matters first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from harness.model.trace import Exchange, Json, Purpose, Step, Trace, Voice
from harness.model.wellknown import UrlError, origin
from harness.recording.common import Reading
from harness.recording.differences import answer_differences, request_differences
from harness.recording.members import Difference, Sides, members
from harness.recording.weight import Weight, weigh

_SLOWER, _SLOWER_MS = 3, 500

type Key = tuple[Step, Purpose, Voice]


@dataclass(frozen=True)
class Change:
    """One difference between two exchanges; `exchanges` are their numbers in the two runs."""

    step: Step
    purpose: Purpose
    voice: Voice
    exchanges: tuple[int, int]
    weight: Weight
    place: str
    one: str | None
    other: str | None
    exploration: bool = False


@dataclass(frozen=True)
class Origin:
    """An address of the first run that stands for one of the second."""

    role: str
    one: str
    other: str


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side: first what the server answered, in the order of the wire."""

    pairs: tuple[tuple[Exchange, Exchange], ...] = ()
    changes: tuple[Change, ...] = ()
    only_one: tuple[Exchange, ...] = ()
    only_other: tuple[Exchange, ...] = ()
    origins: tuple[Origin, ...] = ()
    setup: tuple[Difference, ...] = ()
    """How the runs were set up: the surface, and what the user chose."""

    @property
    def differs(self) -> bool:
        """True when something differs that matters."""
        alone = bool(self.only_one or self.only_other)
        return alone or any(each.weight.matters for each in self.changes)

    def counterpart(self, n: int, *, any_purpose: bool = False) -> Exchange | None:
        """What the second run has beside exchange `n` of the first.

        Where that is one more try, the last of the same purpose; else, if asked for, of its step.
        """
        for one, other in self.pairs:
            if one.n == n:
                return other
        alone = next((each for each in self.only_one if each.n == n), None)
        if alone is None:
            return None
        others = [*(other for _, other in self.pairs), *self.only_other]
        step = [each for each in others if each.step is alone.step and not each.exploration]
        same = [each for each in step if each.purpose is alone.purpose]
        found = same or (step if any_purpose else [])
        return max(found, key=lambda each: each.n, default=None)


def compare(one: Trace, other: Trace) -> Comparison:
    """Aligns the exchanges of two runs by step, purpose, voice and order, and compares each two."""
    origins = _origins(one, other)
    sides = Sides(
        Reading(tuple((each.one, f"{{{each.role}}}") for each in origins)),
        Reading(tuple((each.other, f"{{{each.role}}}") for each in origins)),
    )
    pairs, alone = [], []
    for _, ours, theirs in aligned(one, other):
        for two in zip_longest(ours, theirs):
            if two[0] is not None and two[1] is not None:
                pairs.append((two[0], two[1]))
            else:
                alone.append(two)
    pairs.sort(key=_order)
    return Comparison(
        pairs=tuple(pairs),
        changes=tuple(sorted((each for two in pairs for each in _changes(*two, sides)), key=_tier)),
        only_one=tuple(each for each, _ in alone if each is not None),
        only_other=tuple(each for _, each in alone if each is not None),
        origins=origins,
        setup=members("", _setup(one), _setup(other), Sides()),
    )


def aligned(
    one: Trace, other: Trace
) -> Iterator[tuple[Key, tuple[Exchange, ...], tuple[Exchange, ...]]]:
    """The exchanges of each step, purpose and voice in both runs, in the order of the steps."""
    left, right = _groups(one), _groups(other)
    for key in sorted(left.keys() | right.keys(), key=_position):
        yield key, left.get(key, ()), right.get(key, ())


def _groups(trace: Trace) -> Mapping[Key, tuple[Exchange, ...]]:
    groups: dict[Key, list[Exchange]] = {}
    for each in trace.exchanges:
        groups.setdefault((each.step, each.purpose, each.voice), []).append(each)
    return {key: tuple(each) for key, each in groups.items()}


def _position(key: Key) -> tuple[int, int, int]:
    step, purpose, voice = key
    return step.position, list(Purpose).index(purpose), list(Voice).index(voice)


def _order(pair: tuple[Exchange, Exchange]) -> tuple[int, int, int]:
    """As they happened in the run that came to them first, step by step."""
    first, second = sorted(each.n for each in pair)
    return pair[0].step.position, first, second


def _tier(change: Change) -> int:
    """Answers stay in the order of the wire: what differs first is why the rest differs."""
    if not change.weight.matters:
        return change.weight.rank
    if change.exploration:
        return Weight.REQUEST.rank
    return Weight.REQUEST.rank - 1 if change.weight is Weight.REQUEST else 0


def _changes(one: Exchange, other: Exchange, sides: Sides) -> Iterator[Change]:
    """The differences of two exchanges, those that say the most first."""
    found = [(weigh(one, other, each), each) for each in _differences(one, other, sides)]
    for weight, each in sorted(found, key=lambda pair: pair[0].rank):
        yield Change(
            step=one.step,
            purpose=one.purpose,
            voice=one.voice,
            exchanges=(one.n, other.n),
            weight=weight,
            place=each.place,
            one=each.one,
            other=each.other,
            exploration=one.exploration or other.exploration,
        )


def _differences(one: Exchange, other: Exchange, sides: Sides) -> Iterator[Difference]:
    failures = [each.failure.kind if each.failure else None for each in (one, other)]
    if failures[0] != failures[1]:
        yield Difference("failure", _failed(one), _failed(other))
    if one.response is not None and other.response is not None:
        for each in answer_differences(one.response, other.response, sides):
            yield Difference(f"response.{each.place}", each.one, each.other, each.volatile)
    yield from members("", _token(one), _token(other), sides)
    for each in request_differences(one.request, other.request, sides):
        yield Difference(f"request.{each.place}", each.one, each.other, each.volatile)
    yield from _connections(one, other)


def _failed(exchange: Exchange) -> str | None:
    failure = exchange.failure
    return f"{failure.kind}: {failure.text}" if failure else None


def _token(exchange: Exchange) -> dict[str, Json]:
    """What the issued access token says of itself."""
    token = exchange.token
    if token is None:
        return {}
    value: dict[str, Json] = {"kind": token.kind, "header": {**token.header}}
    return {"token": value | {"claims": {**token.claims}, "signature": token.signature}}


def _connections(one: Exchange, other: Exchange) -> Iterator[Difference]:
    for name in ("tls_version", "alpn"):
        left, right = (getattr(each.connection, name, None) for each in (one, other))
        if left != right:
            yield Difference(f"connection.{name}", left, right)
    fast, slow = sorted(each.timing.total for each in (one, other))
    if slow > _SLOWER * fast and slow - fast > _SLOWER_MS:
        yield Difference(
            "timing.total", f"{one.timing.total:.0f} ms", f"{other.timing.total:.0f} ms"
        )


def _setup(trace: Trace) -> dict[str, Json]:
    return {"surface": trace.surface, **trace.choices}


def _origins(one: Trace, other: Trace) -> tuple[Origin, ...]:
    """The addresses by which two deployments differ; none where it is the same server."""
    left, right = _roles(one), _roles(other)
    if not left or not right or left["server"] == right["server"]:
        return ()
    both = [role for role in left if role in right]
    found = [Origin(role, left[role], right[role]) for role in both]
    return tuple(each for each in found if each.one != each.other)


def _roles(trace: Trace) -> dict[str, str]:
    """The server's own address, and that of an authorization server elsewhere that answers."""
    try:
        roles = {"server": origin(trace.target)}
    except UrlError:
        return {}
    for exchange in trace.at(Step.SERVER_METADATA, exploration=False):
        if exchange.json_object is not None and exchange.status == 200:
            try:
                issuer = origin(exchange.request.url)
            except UrlError:
                continue
            if issuer != roles["server"]:
                roles["authorization server"] = issuer
            return roles
    return roles
