"""`harness replay` and `harness diagnose`: the same verdict from a file."""

import asyncio
from pathlib import Path

import click

from harness.commands.options import known_failures
from harness.diagnosis.diagnose import diagnose
from harness.model.verdict import Impact
from harness.recording.file import RecordingError, load
from harness.report.json import json_report
from harness.report.printable import printable
from harness.report.text import exit_code, text_report
from harness.run.session import Outcome, replayed


def replay(recording: Path, form: str, fail_on: str, folder: Path | None) -> int:
    """The client against the recorded answers."""
    try:
        trace = load(recording)
    except RecordingError as error:
        raise click.UsageError(str(error)) from None
    outcome, answers = asyncio.run(replayed(trace, known=known_failures(folder)))
    code = _report(outcome, form, fail_on)
    for label, lines in (("not in the recording", answers.missing), ("differs", answers.differs)):
        for line in lines:
            click.echo(f"{label}: {printable(line)}", err=True)
    return code


def judge(recording: Path, form: str, fail_on: str, folder: Path | None) -> int:
    """The recorded run as it is."""
    try:
        trace = load(recording)
    except RecordingError as error:
        raise click.UsageError(str(error)) from None
    return _report(Outcome(trace, diagnose(trace, known_failures(folder))), form, fail_on)


def _report(outcome: Outcome, form: str, fail_on: str) -> int:
    if form == "json":
        click.echo(json_report([(outcome.trace, outcome.diagnosis)]), nl=False)
    else:
        click.echo(text_report(outcome.trace, outcome.diagnosis), nl=False)
    return exit_code(outcome.diagnosis, Impact(fail_on))
