"""The real client beside the simulated one: where each stopped, and what each sent differently."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.model.trace import Exchange, NoteKind, Purpose, Request, Step, Trace, Voice
from harness.model.verdict import Diagnosis, Verdict
from harness.recording.common import Reading
from harness.recording.compare import aligned
from harness.recording.differences import order_differences, request_differences
from harness.recording.members import Difference, Sides
from harness.report.printable import printable
from harness.report.prose import wrap
from harness.report.text import LABEL

type Run = tuple[Trace, Diagnosis]

_NAMES, _COLUMN = 22, 28
_EXACT = Sides(Reading(exact=True), Reading(exact=True))


@dataclass(frozen=True)
class Pair:
    """The exchanges of one purpose in two runs; either side may have none."""

    step: Step
    purpose: Purpose
    voice: Voice
    one: tuple[Exchange, ...]
    other: tuple[Exchange, ...]
    differences: tuple[Difference, ...] = ()


def beside_report(simulated: Run, witness: Run) -> str:
    """The comparison, ending in a newline; 80 columns."""
    return "\n".join(_lines(simulated, witness)) + "\n"


def pairs(one: Trace, other: Trace) -> tuple[Pair, ...]:
    """What both clients asked, in the order of the steps, without pages and exploration."""
    found = []
    for key, left, right in aligned(one, other):
        ours, theirs = (tuple(each for each in it if not each.exploration) for it in (left, right))
        if (ours or theirs) and key[0] not in (Step.LOGIN, Step.CALLBACK):
            differs = differences(ours[0].request, theirs[0].request) if ours and theirs else ()
            found.append(Pair(*key, ours, theirs, differs))
    return tuple(found)


def differences(one: Request, other: Request) -> tuple[Difference, ...]:
    """What differs between two requests of the same purpose, in their form too."""
    values = (each for each in request_differences(one, other, _EXACT) if not each.volatile)
    return (*values, *order_differences(one, other))


def _lines(simulated: Run, witness: Run) -> Iterator[str]:
    yield printable(witness[0].target)
    yield ""
    version = printable(str(witness[0].choices.get("witness", ""))).partition(" ")[0]
    yield _row("", "simulated", f"Claude Code {version}"[: _COLUMN - 1])
    yield _row("verdict", *(str(one.verdict).upper() for _, one in (simulated, witness)))
    for one, other in zip(simulated[1].steps, witness[1].steps, strict=True):
        yield _row(f"  {one.step}", LABEL[one.status], LABEL[other.status])
    yield ""
    for name, run in (("simulated", simulated), ("Claude Code", witness)):
        yield from wrap(f"{name}: {printable(_end(run))}", "", "  ")
    found = pairs(simulated[0], witness[0])
    yield from _pairs(found)
    yield from _alone("only the simulation sent", [one for one in found if not one.other])
    yield from _alone("only Claude Code sent", [one for one in found if not one.one])
    yield from _repeated(found)
    kept = [trace.recording for trace, _ in (simulated, witness) if trace.recording]
    for number, path in enumerate(kept):
        if not number:
            yield ""
        yield f"recording  {printable(path)}"


def _row(name: str, one: str, other: str) -> str:
    return f"{name:<{_NAMES}}{one:<{_COLUMN}}{other}".rstrip()


def last_words(run: Run) -> str | None:
    """Why a run ended early, in the words of whoever ended it; None where nobody said."""
    trace, diagnosis = run
    note = trace.stop or next(trace.noted(NoteKind.ABORTED), None)
    return note.text if note and diagnosis.verdict is not Verdict.CONNECTS else None


def _end(run: Run) -> str:
    """Where a run stopped, and its last words."""
    diagnosis = run[1]
    if diagnosis.verdict is Verdict.CONNECTS:
        return "went through"
    where = f"stopped at {diagnosis.stopped_at}" if diagnosis.stopped_at else "did not finish"
    words = last_words(run)
    return f"{where}; {words}" if words else where


def _pairs(found: Sequence[Pair]) -> Iterator[str]:
    both = [one for one in found if one.one and one.other]
    different = [one for one in both if one.differences]
    yield ""
    if not different:
        yield "What both sent is alike." if both else "There is no request that both sent."
    for number, one in enumerate(different):
        if number:
            yield ""
        yield _title(one)
        for difference in one.differences:
            yield from _difference(difference)


def _title(pair: Pair) -> str:
    one, other = pair.one[0].n, pair.other[0].n
    return f"{pair.step}  {pair.purpose}  (exchange {one} and {other})"


def _difference(one: Difference) -> Iterator[str]:
    yield from wrap(printable(one.place), "  ", "    ")
    for who, value in (("simulated", one.one), ("Claude Code", one.other)):
        said = "(not sent)" if value is None else printable(value)
        yield from wrap(said or '""', f"    {who:<12} ", " " * 17)


def _alone(title: str, found: Sequence[Pair]) -> Iterator[str]:
    for number, pair in enumerate(found):
        if not number:
            yield ""
            yield title
        exchanges = pair.one or pair.other
        numbers = ", ".join(str(one.n) for one in exchanges)
        yield from wrap(
            f"{pair.step} {pair.purpose}, as the {pair.voice} (exchange {numbers})", "  ", "    "
        )


def _repeated(found: Sequence[Pair]) -> Iterator[str]:
    """What one side asked more often than the other."""
    often = [one for one in found if one.one and one.other and len(one.one) != len(one.other)]
    for number, pair in enumerate(often):
        if not number:
            yield ""
            yield "sent more than once"
        times = f"simulated {len(pair.one)}, Claude Code {len(pair.other)}"
        yield from wrap(f"{pair.step} {pair.purpose}, as the {pair.voice}: {times}", "  ", "    ")
