"""`harness replay` and `harness diagnose`: the same verdict from a file."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from harness.commands.options import known_failures, read_target
from harness.diagnosis.changes import changes
from harness.model.verdict import Impact, Surface
from harness.recording.expects import accept, found
from harness.recording.file import RecordingError, load
from harness.report.json import json_report
from harness.report.printable import printable
from harness.report.text import exit_code, text_report
from harness.run.files import read_trace
from harness.run.session import Outcome, judged, replayed


def replay(
    recording: Path,
    form: str,
    fail_on: str,
    folder: Path | None,
    *,
    accepts: bool = False,
    surface: str | None = None,
) -> int:
    """The client against the recorded answers; what it gives can become what is expected."""
    known = known_failures(folder)
    try:
        recorded = load(recording)
        played = replace(recorded, surface=surface or recorded.surface)
        outcome, answers = asyncio.run(replayed(played, known=known))
        before = judged(recorded, known=known)
    except RecordingError as error:
        raise click.UsageError(str(error)) from None
    code = _report(outcome, form, fail_on)
    for line in _changed(before, outcome):
        click.echo(f"changed: {printable(line)}", err=True)
    for label, lines in (("not in the recording", answers.missing), ("differs", answers.differs)):
        for line in lines:
            click.echo(f"{label}: {printable(line)}", err=True)
    return _accepted(recording, outcome) if accepts else code


def _changed(before: Outcome, after: Outcome) -> Iterator[str]:
    """What the replay gives that the recorded run did not, and the other way round."""
    found = changes(before.diagnosis, after.diagnosis)
    if found.ends_differ:
        ends = (before.diagnosis, after.diagnosis)
        was, now = (f"{each.verdict} at {each.stopped_at or 'the end'}" for each in ends)
        yield f"the run as {before.diagnosis.surface} {was}, the replay {now}"
    for one in found.fixed:
        yield f"{one.id} is gone ({one.title})"
    for one in found.new:
        yield f"{one.id} is new ({one.title})"


def _accepted(recording: Path, outcome: Outcome) -> int:
    """Writes the verdict into the recording's header, and says so."""
    expects = found(outcome.diagnosis)
    try:
        accept(recording, expects)
    except RecordingError as error:
        raise click.UsageError(str(error)) from None
    findings = ", ".join(expects.findings) or "no finding"
    click.echo(f"harness: {recording} now expects: {expects}; {findings}", err=True)
    return 0


def judge(
    file: Path,
    form: str,
    fail_on: str,
    folder: Path | None,
    *,
    target: str | None = None,
    surface: str | None = None,
) -> int:
    """The recorded or captured run as it is."""
    wanted = read_target(target) if target is not None else None
    try:
        trace = read_trace(file, target=wanted, surface=Surface(surface) if surface else None)
        outcome = judged(trace, known=known_failures(folder))
    except RecordingError as error:
        raise click.UsageError(printable(str(error))) from None
    return _report(outcome, form, fail_on)


def _report(outcome: Outcome, form: str, fail_on: str) -> int:
    if form == "json":
        click.echo(json_report([(outcome.trace, outcome.diagnosis)]), nl=False)
    else:
        click.echo(text_report(outcome.trace, outcome.diagnosis), nl=False)
    return exit_code(outcome.diagnosis, Impact(fail_on))
