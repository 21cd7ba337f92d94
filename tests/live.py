"""Runs real checks inside a test process: the embedded reference server behind the real proxy."""

from dataclasses import replace
from pathlib import Path

from harness.client.choices import Choices
from harness.diagnosis.catalogue import Scenario
from harness.diagnosis.pattern import Pattern
from harness.proofs import bent, proved
from harness.run.check import Plan
from harness.run.session import Outcome


def emptied(known: Scenario) -> Scenario:
    """A scenario with the header of a known one, to be given a fault of a test's own."""
    pattern = Pattern(
        step=known.pattern.step,
        party=known.pattern.party,
        impact=known.pattern.impact,
        confidence=known.pattern.confidence,
        sources=known.pattern.sources,
    )
    return replace(known, id=f"{known.id}-in-a-test", pattern=pattern)


async def checked(
    record: Path, *faults: Scenario, choices: Choices | None = None, plan: Plan | None = None
) -> Outcome:
    """One run, recorded; of the reference server unless a plan says otherwise."""
    return await proved(plan or bent(*faults, choices=choices), record)
