"""`harness compare`: two recordings, or one and the reference server."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from harness.commands.options import known_failures
from harness.commands.progress import Progress
from harness.diagnosis.catalogue import Scenario
from harness.diagnosis.compare import Compared, compared
from harness.recording.file import RecordingError, load
from harness.report.comparison import comparison_report
from harness.report.comparison_json import comparison_json
from harness.run.session import Outcome, judged


def compare(
    one: Path,
    other: Path | None,
    *,
    form: str,
    folder: Path | None,
    reference: bool,
    everything: bool,
) -> int:
    """Prints what differs; 0 when nothing that matters does, else 1."""
    if reference == (other is not None):
        raise click.UsageError("Name a second recording, or --reference in its place.")
    try:
        known = known_failures(folder)
        run = judged(load(one), known=known)
        if other is None:
            found = _beside_reference(run, known)
        else:
            after = judged(load(other), known=known)
            found = compared((run.trace, run.diagnosis), (after.trace, after.diagnosis))
    except RecordingError as error:
        raise click.UsageError(str(error)) from None
    write = comparison_json if form == "json" else comparison_report
    click.echo(write(found, everything=everything), nl=False)
    return 1 if found.differs else 0


def _beside_reference(run: Outcome, known: Sequence[Scenario]) -> Compared:
    # mitmproxy takes most of a second to import: not before the recording is known to be one.
    from harness.proxy.engine import ProxyError
    from harness.run.beside_reference import compared_with_reference

    with Progress() as progress:
        try:
            return asyncio.run(compared_with_reference(run, known=known, watcher=progress))
        except ProxyError as error:
            raise click.UsageError(str(error)) from None
