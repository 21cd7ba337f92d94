"""`harness compare`: two recordings, or one and the reference server."""

import asyncio
from pathlib import Path

import click

from harness.commands.options import known_failures
from harness.commands.progress import Progress
from harness.diagnosis.compare import Compared, compared
from harness.recording.file import RecordingError, load
from harness.report.comparison import comparison_report
from harness.report.comparison_json import comparison_json
from harness.run.session import judged


def compare(one: Path, other: Path | None, *, reference: bool, form: str, everything: bool) -> int:
    """Prints what differs; 0 when nothing that matters does, else 1."""
    if reference == (other is not None):
        raise click.UsageError("Name a second recording, or --reference in its place.")
    try:
        found = _beside_reference(one) if other is None else _recordings(one, other)
    except RecordingError as error:
        raise click.UsageError(str(error)) from None
    write = comparison_json if form == "json" else comparison_report
    click.echo(write(found, everything=everything), nl=False)
    return 1 if found.differs else 0


def _recordings(one: Path, other: Path) -> Compared:
    known = known_failures(None)
    runs = [judged(load(path), known=known) for path in (one, other)]
    return compared(*((each.trace, each.diagnosis) for each in runs))


def _beside_reference(one: Path) -> Compared:
    # mitmproxy takes most of a second to import: not before the recording is known to be one.
    known = known_failures(None)
    run = judged(load(one), known=known)
    from harness.proxy.engine import ProxyError
    from harness.run.beside_reference import compared_with_reference

    with Progress() as progress:
        try:
            return asyncio.run(compared_with_reference(run, known=known, watcher=progress))
        except ProxyError as error:
            raise click.UsageError(str(error)) from None
