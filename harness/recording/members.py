"""How two JSON documents differ, member by member; texts are read without what is random."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.model.trace import Json
from harness.recording.common import PLAIN, Reading, common_member, common_number, common_text
from harness.recording.secret_names import words

LIMIT = 400
"""Characters of a value that a difference keeps."""
_BEFORE = 40
_IDENTITIES = ("name", "id", "uri", "uriTemplate")
_SETS = words("grant_types response_types redirect_uris contacts supportedVersions")
_SCOPES = frozenset({"scope", "scp"})

type Read = Callable[[str, Reading], str]
type ReadNamed = Callable[[str, str, Reading], str]


@dataclass(frozen=True)
class Difference:
    """One field that differs; None stands for a field that is not there.

    `place` is a dotted path as evidence has it; an item of a set stands in brackets. `volatile`
    differences are of values that are others at each run.
    """

    place: str
    one: str | None
    other: str | None
    volatile: bool = False
    order: bool = False
    """True where both say the same in another order."""


@dataclass(frozen=True)
class Sides:
    """How the two runs are read."""

    one: Reading = PLAIN
    other: Reading = PLAIN

    @property
    def exact(self) -> bool:
        return self.one.exact


def leaf(
    place: str, one: str | None, other: str | None, read: Read, sides: Sides
) -> Iterator[Difference]:
    """The difference of two texts, if there is one."""
    left = None if one is None else read(one, sides.one)
    right = None if other is None else read(other, sides.other)
    yield from _differ(place, (one, left), (other, right))


def members(place: str, one: Json, other: Json, sides: Sides) -> tuple[Difference, ...]:
    """Every member that is not the same in both; raises RecursionError for bottomless documents."""
    return tuple(_Search(sides, common_member, _dumped).values(place, "", one, other))


def fields(
    place: str, one: dict[str, str], other: dict[str, str], sides: Sides, read: ReadNamed
) -> Iterator[Difference]:
    """The same for plain texts under names."""
    return _Search(sides, read, str).values(place, "", {**one}, {**other})


@dataclass(frozen=True)
class _Search:
    sides: Sides
    read: ReadNamed
    show: Callable[[Json], str]

    def values(self, place: str, name: str, one: Json, other: Json) -> Iterator[Difference]:
        """Two values under a member's name."""
        match one, other:
            case dict(), dict():
                for key in dict.fromkeys([*one, *other]):
                    inner = f"{place}.{key}" if place else key
                    if key in one and key in other:
                        yield from self.values(inner, key, one[key], other[key])
                    else:
                        yield self._alone(inner, one, other, key)
            case list(), list() if not self.sides.exact:
                yield from self._lists(place, name, one, other)
            case str(), str() if name in _SCOPES and not self.sides.exact:
                yield from self._sets(place, name, one.split(), other.split())
            case _:
                yield from self._leaf(place, name, one, other)

    def _alone(
        self, place: str, one: dict[str, Json], other: dict[str, Json], key: str
    ) -> Difference:
        shown = [self.show(each[key]) if key in each else None for each in (one, other)]
        return Difference(place, *_excerpts(*shown))

    def _lists(
        self, place: str, name: str, one: list[Json], other: list[Json]
    ) -> Iterator[Difference]:
        if name in _SETS or name in _SCOPES or name.endswith("_supported"):
            yield from self._sets(place, name, one, other)
            return
        left, right = _by_identity(one), _by_identity(other)
        if left is None or right is None:
            left, right = ({str(at): each for at, each in enumerate(it)} for it in (one, other))
        for key in dict.fromkeys([*left, *right]):
            inner = f"{place}[{key}]"
            if key in left and key in right:
                yield from self.values(inner, name, left[key], right[key])
            else:
                yield self._alone(inner, left, right, key)

    def _sets(
        self, place: str, name: str, one: Sequence[Json], other: Sequence[Json]
    ) -> Iterator[Difference]:
        left = {self._read(name, each, self.sides.one): self.show(each) for each in one}
        right = {self._read(name, each, self.sides.other): self.show(each) for each in other}
        for key in dict.fromkeys([*left, *right]):
            shown = left.get(key), right.get(key)
            if shown[0] != shown[1]:
                item = min(each for each in shown if each is not None).strip('"')[:80]
                both = None not in shown
                yield Difference(f"{place}[{item}]", *_excerpts(*shown), volatile=both)

    def _leaf(self, place: str, name: str, one: Json, other: Json) -> Iterator[Difference]:
        left = self._read(name, one, self.sides.one)
        right = self._read(name, other, self.sides.other)
        yield from _differ(place, (self.show(one), left), (self.show(other), right))

    def _read(self, name: str, value: Json, reading: Reading) -> str:
        if isinstance(value, str):
            return json.dumps(self.read(name, value, reading))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return common_number(name, value, reading)
        if isinstance(value, list):
            return f"[{', '.join(self._read('', each, reading) for each in value)}]"
        return common_text(json.dumps(value, sort_keys=True), reading)


def _differ(
    place: str, one: tuple[str | None, str | None], other: tuple[str | None, str | None]
) -> Iterator[Difference]:
    """The difference of two values as they are shown, and as they are compared."""
    if one[0] == other[0] and one[1] != other[1]:
        # An address that is the first run's own and, word for word the same, not the second's.
        shown = (f"{said}  (as {read})" for said, read in (one, other))
        yield Difference(place, *_excerpts(*shown))
    elif one[0] != other[0]:
        yield Difference(place, *_excerpts(one[0], other[0]), volatile=one[1] == other[1])


def _by_identity(items: list[Json]) -> dict[str, Json] | None:
    """The objects of a list by the member that names them; None where none names each."""
    for key in _IDENTITIES:
        named: dict[str, Json] = {
            str(each[key]): each
            for each in items
            if isinstance(each, dict) and isinstance(each.get(key), str)
        }
        if len(named) == len(items):
            return named
    return None


def _dumped(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _excerpts(one: str | None, other: str | None) -> tuple[str | None, str | None]:
    """Both as far as a difference keeps them: the part where they begin to differ."""
    if max(len(one or ""), len(other or "")) <= LIMIT:
        return one, other
    start = 0
    if one is not None and other is not None:
        two = enumerate(zip(one, other, strict=False))
        same = next((at for at, (mine, theirs) in two if mine != theirs), start)
        start = same - _BEFORE if same > LIMIT // 2 else 0
    return _cut(one, start), _cut(other, start)


def _cut(text: str | None, start: int) -> str | None:
    if text is None:
        return None
    front = "…" if start else ""
    tail = "…" if len(text) > start + LIMIT else ""
    return f"{front}{text[start : start + LIMIT]}{tail}"
