"""A recorded client against a live server, through the proxy, recorded anew."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness.diagnosis.catalogue import Scenario
from harness.model.trace import FailureKind, Note, NoteKind, Step, Trace
from harness.model.verdict import Surface
from harness.model.wellknown import query
from harness.profiles import profile
from harness.recording.file import RecordingError
from harness.reproduce.client import Repeat, furthest
from harness.run.check import Bench, Plan, bench, hurried, start
from harness.run.drive import Drive
from harness.run.session import Log, Outcome, Watcher, open_log, recorded_choices, replayed


def plan_of(recording: Trace, *, target: str | None = None) -> Plan:
    """What to check for a repetition, at the recorded target or another one.

    Raises RecordingError for a recording without requests, or of no version we know.
    """
    if not recording.exchanges:
        raise RecordingError(f"{recording.recording} holds no request to repeat")
    choices = recorded_choices(recording)
    try:
        surface = profile(Surface(recording.surface)).surface
    except (KeyError, ValueError):
        raise RecordingError(f"{recording.recording}, line 1: no known surface") from None
    return Plan(choices=replace(choices, target=target or recording.target), surface=surface)


async def repeated(
    recording: Trace,
    plan: Plan,
    *,
    record: Path | None,
    folder: Path | None = None,
    watcher: Watcher | None = None,
    opened: Callable[[Log], None] | None = None,
    known: tuple[Scenario, ...] | None = None,
) -> Outcome:
    """The recorded requests with live values, from an empty bench to the verdict.

    Recorded as `open_log` says.
    """
    async with bench(plan) as one:
        for exchange in recording.at(Step.AUTHORIZE):
            if uri := query(exchange.request.url).get("redirect_uri"):
                one.wire.engine.callback.redirect_uri = uri
        trace = _start(one, recording)
        log = open_log(
            trace,
            record=record,
            folder=folder,
            label=f"{trace.surface}-repeated",
            secret_headers=one.choices.headers,
            watcher=watcher,
            opened=opened,
            known=known,
        )
        try:
            await _run(one, recording, trace, log)
        finally:
            log.close(time.time())
    return log.outcome()


def _start(one: Bench, recording: Trace) -> Trace:
    """The empty trace, chosen as the recorded run; it says where that did not go on."""
    ended = furthest(recording)
    choices = {**recording.choices, **({"until": str(ended)} if ended is not None else {})}
    return replace(start(one), choices=choices)


async def _run(one: Bench, recording: Trace, trace: Trace, log: Log) -> None:
    surface = hurried(profile(one.plan.surface), one.plan.patience)
    drive = Drive(
        trace=trace,
        send=one.wire,
        sink=log,
        browser_headers=surface.browser_headers,
        fields=one.plan.fields,
    )
    repeat = Repeat(recording, one.choices.target, surface, lambda: log.trace)
    try:
        await drive.run(repeat.flow())
        if (note := await _stop(log.trace, repeat)) is not None:
            drive.note(note)
    except asyncio.CancelledError:
        step = drive.trace.exchanges[-1].step if drive.trace.exchanges else Step.REACH
        drive.note(Note(step=step, kind=NoteKind.ABORTED, text="the run was interrupted"))
        raise


async def _stop(trace: Trace, repeat: Repeat) -> Note | None:
    """Where the surface would have stopped, which a repeated client cannot decide by itself.

    The simulated client is told the live answers; what it asks besides counts for nothing,
    unless an answer failed that had not failed before.
    """
    if trace.stop is not None or not trace.exchanges or _undecided(trace):
        return None
    simulated, _ = await replayed(trace)
    stop = simulated.trace.stop
    known = [one for one in (repeat.diverged, repeat.stuck and repeat.stuck.step) if one]
    if stop is None:
        return repeat.stuck
    if _unanswered(simulated.trace, stop.after):
        if not known:
            return None
        step = min(known, key=lambda one: one.position)
        text = repeat.stuck.text if repeat.stuck else "an answer fails that did not fail before"
        return Note(step=step, kind=NoteKind.STOP, text=text)
    return Note(step=stop.step, kind=NoteKind.STOP, text=stop.text)


def _unanswered(simulated: Trace, until: int) -> bool:
    """True where the live run has no answer for what the simulated client asked until then."""
    return any(
        one.failure is not None and one.failure.kind is FailureKind.OTHER and one.n <= until
        for one in simulated.exchanges
    )


def _undecided(trace: Trace) -> bool:
    kinds = (NoteKind.NEEDS_HUMAN, NoteKind.ABORTED)
    return any(next(trace.noted(kind), None) is not None for kind in kinds)
