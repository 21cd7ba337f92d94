"""Runs real checks inside a test process: the embedded reference server behind the real proxy."""

from dataclasses import replace
from pathlib import Path

from harness.client.choices import Choices
from harness.diagnosis.catalogue import Scenario
from harness.diagnosis.pattern import Pattern
from harness.run.check import Plan, bench, run, start
from harness.run.session import Log, Outcome


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


async def no_wait(_seconds: float) -> None:
    """Claude's waits between tries, without the time they take."""


async def checked(
    record: Path, *faults: Scenario, choices: Choices | None = None, plan: Plan | None = None
) -> Outcome:
    """One run, recorded; of the reference server unless a plan says otherwise."""
    if plan is None:
        deep = any(one.pattern.deep for one in faults)
        slow = any(one.pattern.slow for one in faults)
        choices = choices or Choices(target="", deep=deep)
        plan = Plan(faults=faults, choices=choices, patience=0.04 if slow else 1.0)
    async with bench(plan) as one:
        trace = start(one)
        log = Log(trace, record=record, secret_headers=one.choices.headers)
        finished = await run(one, trace, sink=log, sleep=no_wait)
        log.close(finished.finished)
    return log.outcome()
