"""Two runs compared, for a person at a terminal: first what changed, then where; 80 columns."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

from harness.diagnosis.changes import Problem
from harness.diagnosis.compare import Compared, Shortfall
from harness.model.trace import Exchange, Trace
from harness.model.verdict import Impact
from harness.recording.compare import Change
from harness.recording.weight import Weight
from harness.report.printable import printable
from harness.report.prose import wrap
from harness.report.text import LABEL
from harness.report.words import IMPACT

_NAMES, _COLUMN = 22, 28
_MOST = 40
"""Differences of one kind that are told unless all are asked for."""
_TITLES = {
    Weight.ANSWER: "What the servers answered otherwise",
    Weight.REQUEST: "What the client sent otherwise",
    Weight.REST: "Besides, what Claude does not act on",
    Weight.VOLATILE: "Other values at each run",
}


def comparison_report(found: Compared, *, everything: bool = False) -> str:
    """The report, ending in a newline; `everything` also tells what is another at each run."""
    return "\n".join(_lines(found, everything=everything)) + "\n"


def _lines(found: Compared, *, everything: bool) -> Iterator[str]:
    yield from wrap(_answer(found), "", "  ")
    yield from _who("A", found.one)
    yield from _who("B", found.other, "the bundled reference server" if _beside(found) else None)
    yield from _readings(found)
    yield ""
    yield from _ends(found)
    yield from _problems(found)
    if found.shortfalls is not None:
        for each in found.shortfalls:
            yield from _shortfall(each)
        yield from _taste(found, everything=everything)
        return
    kinds = _kinds(found.wire.changes)
    yield from _kind(Weight.ANSWER, kinds, everything=everything)
    yield from _alone(found)
    for weight in (Weight.REQUEST, Weight.REST):
        yield from _kind(weight, kinds, everything=everything)
    yield from _hidden(kinds, everything=everything)


def _beside(found: Compared) -> bool:
    return found.shortfalls is not None


def _answer(found: Compared) -> str:
    """The outcome in one sentence."""
    if found.shortfalls is not None:
        if not found.differs:
            return "EQUAL in all that Claude needs; what else differs is taste"
        short = next((each for each in found.shortfalls if each.harms), None)
        if short is None:
            return "DIFFERS: the runs end otherwise, though no need is known to be unmet"
        return f"FALLS SHORT of a correct server at {short.step}: {printable(short.title)}"
    if not found.differs:
        return "EQUAL: nothing that matters differs"
    first = next((each for each in found.wire.changes if each.weight.matters), None)
    if first is None:
        return "DIFFERS: not the same was asked or concluded"
    return f"DIFFERS first at {first.step}: {printable(first.place)}"


def _count(number: int, name: str) -> str:
    return f"{number} {name}" + ("s" if number != 1 else "")


def _who(mark: str, trace: Trace, name: str | None = None) -> Iterator[str]:
    yield from wrap(f"{printable(trace.target)} as {printable(trace.surface)}", f"{mark}  ", "   ")
    if name or trace.recording:
        yield f"   {name or printable(trace.recording or '')}"


def _readings(found: Compared) -> Iterator[str]:
    """How the two were made comparable."""
    for each in found.wire.origins:
        text = f"A's {each.role} {printable(each.one)} is read as B's {printable(each.other)}"
        yield from wrap(text, "", "   ")
    if found.left_out:
        yield from wrap(f"left out for B: the {', '.join(found.left_out)} of A", "", "   ")
    for setup in found.wire.setup:
        if _beside(found) and setup.place != "surface":
            continue
        one, other = (printable(each or "(not set)") for each in (setup.one, setup.other))
        text = f"set up otherwise: {printable(setup.place)}  A {one}  B {other}"
        yield from wrap(text, "", "   ")


def _ends(found: Compared) -> Iterator[str]:
    """The verdicts, and the steps that went otherwise."""
    one, other = found.changes.one, found.changes.other
    yield _row("", "A", "B")
    yield _row("verdict", str(one.verdict).upper(), str(other.verdict).upper())
    for left, right in zip(one.steps, other.steps, strict=True):
        if LABEL[left.status] != LABEL[right.status]:
            yield _row(f"  {left.step}", LABEL[left.status], LABEL[right.status])
    if one.headline != other.headline:
        for name, each in (("A", one), ("B", other)):
            yield from wrap(printable(each.headline), f"{name}  ", "   ")


def _row(name: str, one: str, other: str) -> str:
    return f"{name:<{_NAMES}}{one:<{_COLUMN}}{other}".rstrip()


def _problems(found: Compared) -> Iterator[str]:
    changes = found.changes
    beside = _beside(found)
    groups = (
        ("only in A" if beside else "fixed", changes.fixed),
        ("newly broken", changes.new),
        ("still there", [after for _, after in changes.still]),
    )
    for title, problems in groups:
        for number, each in enumerate(problems):
            if not number:
                yield ""
                yield title
            yield from wrap(_problem(each), "  ", "    ")


def _problem(each: Problem) -> str:
    doubt = "" if each.known else ", not a known pattern"
    return f"{printable(each.id)}  {printable(each.title)} ({IMPACT[each.impact]}{doubt})"


def _shortfall(each: Shortfall) -> Iterator[str]:
    yield ""
    mark = "" if each.harms else f" ({IMPACT[Impact.ADVISORY]})"
    yield from wrap(f"{each.id}  {printable(each.title)}{mark}", "", "   ")
    seen = each.evidence
    if seen.expected is not None:
        yield from wrap(printable(seen.expected), "   needs      ", " " * 14, lines=3)
    text = f"{printable(seen.quote)}  (exchange {seen.exchange} {seen.place})"
    yield from wrap(text, "   A          ", " " * 14, lines=4)
    if each.reference is not None:
        yield from wrap(printable(each.reference), "   reference  ", " " * 14, lines=4)
    if each.source:
        yield from wrap(printable(each.source), "   rule       ", " " * 14)


def _taste(found: Compared, *, everything: bool) -> Iterator[str]:
    """What two correct servers may do otherwise: counted, or told in full."""
    kinds = _kinds(found.wire.changes)
    if not everything:
        number = sum(len(kinds[weight]) for weight in kinds if weight is not Weight.VOLATILE)
        if number:
            text = f"{_count(number, 'other difference')}, as correct servers have"
            yield ""
            yield f"{text}; --all shows them"
        return
    for weight in (Weight.ANSWER, Weight.REQUEST, Weight.REST):
        yield from _kind(weight, kinds, everything=True)
    yield from _alone(found)


type _Kinds = dict[Weight, list[list[Change]]]


def _kinds(changes: Iterable[Change]) -> _Kinds:
    """The changes by the title they stand under, those that say the same together."""
    kinds: dict[Weight, dict[tuple[object, ...], list[Change]]] = {each: {} for each in _TITLES}
    for each in changes:
        weight = each.weight if each.weight in _TITLES else Weight.ANSWER
        same = (each.place, each.one, each.other)
        kinds[weight].setdefault(same, []).append(each)
    return {weight: list(each.values()) for weight, each in kinds.items()}


def _kind(weight: Weight, kinds: _Kinds, *, everything: bool) -> Iterator[str]:
    found = kinds[weight]
    told = found if everything else found[:_MOST]
    if told:
        yield ""
        yield _TITLES[weight]
    by_exchange = itertools.groupby(told, key=lambda same: (same[0].step, same[0].exchanges))
    for _, group in by_exchange:
        each = list(group)
        yield from wrap(_title(each[0][0]), "  ", "    ")
        for same in each:
            yield from _change(same)
    if len(told) < len(found):
        yield f"  and {len(found) - len(told)} more; --all shows them"


def _title(first: Change) -> str:
    one, other = first.exchanges
    both = f"{one}" if one == other else f"{one} and {other}"
    what = "" if str(first.purpose) == str(first.step) else f" {first.purpose}"
    asked = ", asked only for the diagnosis" if first.exploration else ""
    return f"{first.step}{what}, as the {first.voice} (exchange {both}{asked})"


def _change(same: Sequence[Change]) -> Iterator[str]:
    first = same[0]
    again = f"  (and in {_count(len(same) - 1, 'more exchange')})" if len(same) > 1 else ""
    yield from wrap(printable(first.place) + again, "    ", "      ")
    for name, value in (("A", first.one), ("B", first.other)):
        text = "(absent)" if value is None else printable(value) or '""'
        yield from wrap(text, f"      {name}  ", " " * 9, lines=4)


def _alone(found: Compared) -> Iterator[str]:
    sides = (("Only in A", found.wire.only_one), ("Only in B", found.wire.only_other))
    for title, exchanges in sides:
        if exchanges:
            yield ""
            yield title
        for key, group in itertools.groupby(exchanges, key=_asked):
            numbers = ", ".join(str(each.n) for each in group)
            yield from wrap(f"{key} (exchange {numbers})", "  ", "    ")


def _asked(each: Exchange) -> str:
    what = "" if str(each.purpose) == str(each.step) else f" {each.purpose}"
    return f"{each.step}{what}, as the {each.voice}"


def _hidden(kinds: _Kinds, *, everything: bool) -> Iterator[str]:
    number = len(kinds[Weight.VOLATILE])
    if everything:
        yield from _kind(Weight.VOLATILE, kinds, everything=True)
    elif number:
        yield ""
        yield f"{_count(number, 'value')} that each run has anew hidden; --all shows them"
