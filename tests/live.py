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
    plan = plan or Plan(faults=faults, choices=choices)
    async with bench(plan) as one:
        trace = start(one)
        log = Log(trace, record=record, secret_headers=one.choices.headers)
        finished = await run(one, trace, sink=log, sleep=no_wait)
        log.close(finished.finished)
    return log.outcome()
