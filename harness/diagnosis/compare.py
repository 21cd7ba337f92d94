"""Two judged runs compared: the verdicts, and what differs on the wire."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.diagnosis.changes import Changes, changes
from harness.diagnosis.places import at_place
from harness.model.trace import Step, Trace
from harness.model.verdict import Diagnosis, Evidence, Finding, Impact, Unmet
from harness.recording.compare import Comparison, compare

type Run = tuple[Trace, Diagnosis]


@dataclass(frozen=True)
class Shortfall:
    """What a surface needs and did not get, and what the reference server says there."""

    id: str
    step: Step
    title: str
    impact: Impact
    evidence: Evidence
    source: str
    reference: str | None
    """None where the reference server was not asked the same."""

    @property
    def harms(self) -> bool:
        return self.impact in (Impact.BREAKS, Impact.DEGRADES)


@dataclass(frozen=True)
class Compared:
    """Two runs, how their verdicts differ, and what differs on the wire."""

    one: Trace
    other: Trace
    changes: Changes
    wire: Comparison
    shortfalls: tuple[Shortfall, ...] | None = None
    """Set beside the reference server; what differs apart from it is taste."""
    left_out: tuple[str, ...] = ()
    """The choices of the first run that only its own server understands."""

    @property
    def differs(self) -> bool:
        """True when something differs that matters."""
        if self.shortfalls is None:
            return self.changes.differs or self.wire.differs
        return self.changes.ends_differ or any(each.harms for each in self.shortfalls)


def compared(one: Run, other: Run) -> Compared:
    """Two runs as equals."""
    return Compared(
        one=one[0],
        other=other[0],
        changes=changes(one[1], other[1]),
        wire=compare(one[0], other[0]),
    )


def beside_correct(one: Run, correct: Run, *, left_out: Sequence[str] = ()) -> Compared:
    """A run beside one against a server that is known to be right."""
    wire = compare(one[0], correct[0])
    return Compared(
        one=one[0],
        other=correct[0],
        changes=changes(one[1], correct[1]),
        wire=wire,
        # Those without harm last; apart from that in the order of the steps.
        shortfalls=tuple(sorted(_shortfalls(one[1], wire), key=lambda each: not each.harms)),
        left_out=tuple(left_out),
    )


def _shortfalls(diagnosis: Diagnosis, wire: Comparison) -> Iterator[Shortfall]:
    """The unmet rows of the contract, and the findings that show something else.

    A row costs what the findings cost that show the same.
    """
    seen: set[tuple[int, str]] = set()
    for unmet in diagnosis.unmet:
        places = _places(unmet)
        seen |= places
        worse = (each.impact for each in diagnosis.findings if places & _places(each))
        impact = min((unmet.impact, *worse), key=lambda each: each.severity)
        yield _shortfall(unmet.row, unmet.source, replace(unmet, impact=impact), wire)
    for finding in diagnosis.findings:
        if (places := _places(finding)) and not places & seen:
            seen |= places
            yield _shortfall(finding.id, "", finding, wire)


def _places(problem: Unmet | Finding) -> set[tuple[int, str]]:
    return {(each.exchange, each.place) for each in problem.evidence}


def _shortfall(name: str, source: str, problem: Unmet | Finding, wire: Comparison) -> Shortfall:
    first = problem.evidence[0]
    beside = wire.counterpart(first.exchange, any_purpose=first.place == "response.status")
    return Shortfall(
        id=name,
        step=problem.step,
        title=problem.title,
        impact=problem.impact,
        evidence=first,
        source=source,
        reference=None if beside is None else at_place(beside, first.place),
    )
