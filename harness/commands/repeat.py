"""`harness replay --live`: the recorded client against a live server."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from harness.commands.options import known_failures, read_fields, read_maps, read_target
from harness.commands.progress import Progress
from harness.diagnosis.compare import Compared, compared
from harness.model.verdict import Impact
from harness.recording.file import RecordingError, load
from harness.report.comparison import comparison_report
from harness.report.comparison_json import comparison_json
from harness.report.printable import printable
from harness.report.repetition import fate, fate_sentence
from harness.report.text import exit_code
from harness.run.session import Log, Outcome, judged


def repeat(recording: Path, form: str, fail_on: str, options: Mapping[str, Any]) -> int:
    """Runs it, prints what became of the recorded run; the exit code is that of a check."""
    if options["record"] is not None and options["no_record"]:
        raise click.UsageError("--record and --no-record exclude each other.")
    known = known_failures(options["folder"])
    logs: list[Log] = []
    try:
        before = judged(load(recording), known=known)
        outcome = _live(before, known, options, logs)
    except RecordingError as error:
        raise click.UsageError(str(error)) from None
    except KeyboardInterrupt:
        kept = logs[0].trace.recording if logs else None
        said = "harness: interrupted" + (f"; recorded in {kept}" if kept else "")
        click.echo(said, err=True)
        return 130
    found = compared((before.trace, before.diagnosis), (outcome.trace, outcome.diagnosis))
    click.echo(_json(found) if form == "json" else _text(found), nl=False)
    return exit_code(outcome.diagnosis, Impact(fail_on))


def _live(
    before: Outcome, known: tuple[Any, ...], options: Mapping[str, Any], logs: list[Log]
) -> Outcome:
    to = read_target(options["to"]) if options["to"] is not None else None
    maps, fields = read_maps(options["maps"]), read_fields(options["fields"])
    # mitmproxy takes most of a second to import: not before the recording is known to be one.
    from harness.proxy.engine import ProxyError
    from harness.run.repeated import plan_of, repeated

    plan = plan_of(before.trace, target=to)
    plan = replace(plan, maps=maps, ca_files=options["ca_files"], fields=fields)
    with Progress() as progress:
        try:
            return asyncio.run(
                repeated(
                    before.trace,
                    plan,
                    record=options["record"],
                    folder=None if options["no_record"] else Path(),
                    watcher=progress,
                    opened=logs.append,
                    known=known,
                )
            )
        except ProxyError as error:
            raise click.UsageError(str(error)) from None


def _text(found: Compared) -> str:
    sentence = printable(fate_sentence(found.changes, found.other))
    return f"{sentence}\n\n{comparison_report(found)}"


def _json(found: Compared) -> str:
    members = json.loads(comparison_json(found, everything=False))
    return json.dumps({"fate": fate(found.changes), **members}, indent=2) + "\n"
