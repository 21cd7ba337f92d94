"""What a surface needs at each step, one row per need; an unmet row says what broke."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache

from harness.model.trace import Step, Trace
from harness.model.verdict import Evidence, Impact, Unmet


@dataclass(frozen=True, kw_only=True)
class Row:
    """One need. `check` yields the evidence that it is not met, and nothing when it is.

    `impact` may depend on the trace: a missing document matters only where going on without it
    failed.
    """

    id: str
    step: Step
    title: str
    source: str
    check: Callable[[Trace], Iterable[Evidence]]
    impact: Impact | Callable[[Trace], Impact] = Impact.BREAKS
    follows: tuple[str, ...] = ()
    """The rows of which this one is a consequence: what explains them explains this one as well."""

    def unmet(self, trace: Trace) -> Unmet | None:
        found = tuple(self.check(trace))
        if not found:
            return None
        impact = self.impact if isinstance(self.impact, Impact) else self.impact(trace)
        return Unmet(
            row=self.id,
            step=self.step,
            title=self.title,
            impact=impact,
            evidence=found,
            source=self.source,
        )


@cache
def contract() -> tuple[Row, ...]:
    """Every row, in step order."""
    from harness.diagnosis import (
        rows_challenge,
        rows_discovery,
        rows_members,
        rows_network,
        rows_registration,
        rows_session,
        rows_sign_in,
        rows_token,
    )

    rows = (
        *rows_network.ROWS,
        *rows_challenge.ROWS,
        *rows_discovery.ROWS,
        *rows_members.ROWS,
        *rows_registration.ROWS,
        *rows_sign_in.ROWS,
        *rows_token.ROWS,
        *rows_session.ROWS,
    )
    return tuple(sorted(rows, key=lambda row: row.step.position))


def consequences(unmet: Iterable[Unmet], explained: Collection[str]) -> frozenset[str]:
    """The ids of the explained rows, and of the unmet ones that follow from them."""
    rows = {row.id: row for row in contract()}
    known = set(explained)
    for one in unmet:
        if known.intersection(rows[one.row].follows):
            known.add(one.row)
    return frozenset(known)


def unmet_rows(trace: Trace) -> tuple[Unmet, ...]:
    """The rows this trace does not meet, in step order."""
    found = (row.unmet(trace) for row in contract())
    return tuple(one for one in found if one is not None)
