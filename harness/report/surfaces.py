"""Several surfaces side by side: where each stopped, and what each finding does to it."""

from collections.abc import Iterator, Sequence

from harness.model.trace import Trace
from harness.model.verdict import Diagnosis, Impact
from harness.report.printable import printable
from harness.report.text import LABEL

_WIDTH, _COLUMN = 80, 13


def surfaces_table(runs: Sequence[tuple[Trace, Diagnosis]]) -> str:
    """The table of all runs against one target, ending in a newline; four fit 80 columns."""
    return "\n".join(_lines(runs)) + "\n"


def _lines(runs: Sequence[tuple[Trace, Diagnosis]]) -> Iterator[str]:
    found = [diagnosis for _, diagnosis in runs]
    yield printable(runs[0][0].target)
    yield ""
    yield from _row("", [str(one.surface) for one in found])
    yield from _row("verdict", [str(one.verdict).upper() for one in found])
    for results in zip(*(one.steps for one in found), strict=True):
        yield from _row(f"  {results[0].step}", [LABEL[one.status] for one in results])
    names = dict.fromkeys(finding.id for one in found for finding in one.findings)
    if names:
        yield ""
        yield "findings"
    for name in names:
        yield from _row(f"  {name}", [_effect(one, name) for one in found])


def _row(name: str, cells: Sequence[str]) -> Iterator[str]:
    """A line, or two where the name leaves no room for the cells."""
    room = _WIDTH - _COLUMN * len(cells)
    if len(name) >= room:
        yield name
        name = ""
    yield (f"{name:<{room}}" + "".join(f"{one:<{_COLUMN}}" for one in cells)).rstrip()


def _effect(diagnosis: Diagnosis, name: str) -> str:
    impact = next((one.impact for one in diagnosis.findings if one.id == name), Impact.NONE)
    return "-" if impact is Impact.NONE else str(impact)
