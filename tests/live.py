"""Runs real checks inside a test process: the embedded reference server behind the real proxy."""

from pathlib import Path

from harness.client.choices import Choices
from harness.diagnosis.catalogue import Scenario
from harness.run.check import Plan, bench, run, start
from harness.run.session import Log, Outcome


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
