"""How the verdict on one run differs from that on another."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.model.trace import Step
from harness.model.verdict import Diagnosis, Finding, Impact, Unmet


@dataclass(frozen=True)
class Problem:
    """A finding, or a contract row that no finding explains; `id` names either."""

    id: str
    step: Step
    title: str
    impact: Impact
    known: bool
    """False for a row that is no known pattern."""


@dataclass(frozen=True)
class Changes:
    """What became of the problems of the first run in the second."""

    one: Diagnosis
    other: Diagnosis
    fixed: tuple[Problem, ...]
    still: tuple[tuple[Problem, Problem], ...]
    new: tuple[Problem, ...]

    @property
    def ends_differ(self) -> bool:
        ends = [(each.verdict, each.stopped_at) for each in (self.one, self.other)]
        return ends[0] != ends[1]

    @property
    def differs(self) -> bool:
        """True when the verdict, where it stopped, or a problem is another."""
        moved = any(before.impact is not after.impact for before, after in self.still)
        return self.ends_differ or moved or bool(self.fixed or self.new)


def changes(one: Diagnosis, other: Diagnosis) -> Changes:
    """Compares by ids: a problem that moved to another exchange is the same one."""
    before, after = _problems(one), _problems(other)
    return Changes(
        one=one,
        other=other,
        fixed=tuple(each for key, each in before.items() if key not in after),
        still=tuple((each, after[key]) for key, each in before.items() if key in after),
        new=tuple(each for key, each in after.items() if key not in before),
    )


def _problems(diagnosis: Diagnosis) -> Mapping[str, Problem]:
    found = [*map(_of_finding, diagnosis.findings), *map(_of_row, diagnosis.unexplained)]
    return {each.id: each for each in found}


def _of_finding(finding: Finding) -> Problem:
    return Problem(finding.id, finding.step, finding.title, finding.impact, known=True)


def _of_row(unmet: Unmet) -> Problem:
    return Problem(unmet.row, unmet.step, unmet.title, unmet.impact, known=False)
