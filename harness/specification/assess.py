"""Holds a trace against every requirement of the revision that its connection speaks."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from harness.model.trace import Trace
from harness.model.verdict import Evidence
from harness.specification.calls import negotiated
from harness.specification.catalogue import requirements
from harness.specification.requirement import NotShown, Requirement, Revision

_MOST_EVIDENCE = 20


class Standing(StrEnum):
    """How a requirement stands in one trace."""

    HOLDS = "holds"
    VIOLATED = "violated"
    NOT_SHOWN = "not-shown"
    FAILED = "failed"
    """The check itself raised, which is a fault of this program."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One requirement, and what the trace says of it."""

    requirement: Requirement
    standing: Standing
    evidence: tuple[Evidence, ...] = ()
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """Every requirement of one revision, judged."""

    revision: Revision
    judged: tuple[Judged, ...]

    def standing(self, standing: Standing) -> tuple[Judged, ...]:
        return tuple(one for one in self.judged if one.standing is standing)

    @property
    def violated(self) -> tuple[Judged, ...]:
        """The weightiest first, in the order of a connection among equals."""
        found = self.standing(Standing.VIOLATED)
        return tuple(sorted(found, key=lambda one: one.requirement.level.weight))


def assess(
    trace: Trace,
    revision: str | None = None,
    known: Sequence[Requirement] | None = None,
) -> Assessment:
    """Judges a trace by the revision it speaks, or by the one that is given.

    Raises ValueError for a revision that is not known.
    """
    spoken = negotiated(trace) if revision is None else Revision(revision)
    rows = requirements() if known is None else known
    return Assessment(
        revision=spoken,
        judged=tuple(_judge(one, trace) for one in rows if spoken in one.revisions),
    )


def _judge(row: Requirement, trace: Trace) -> Judged:
    if row.check is None:
        return Judged(requirement=row, standing=Standing.NOT_SHOWN)
    try:
        found = tuple(islice(row.check(trace), _MOST_EVIDENCE))
    except NotShown:
        return Judged(requirement=row, standing=Standing.NOT_SHOWN)
    except Exception as raised:
        return Judged(
            requirement=row,
            standing=Standing.FAILED,
            error=f"{type(raised).__name__}: {raised}",
        )
    standing = Standing.VIOLATED if found else Standing.HOLDS
    return Judged(requirement=row, standing=standing, evidence=found)
