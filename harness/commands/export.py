"""`harness export`: a recording for other tools."""

import os
import sys
from pathlib import Path

import click

from harness.commands.options import known_failures, read_target
from harness.recording.file import RecordingError
from harness.report.printable import printable
from harness.run.export import NoSuchExchangeError
from harness.run.export import export as exported
from harness.run.files import read_trace
from harness.run.session import judged


def export(
    recording: Path,
    form: str,
    *,
    output: Path | None,
    number: int | None,
    target: str | None,
    folder: Path | None,
) -> int:
    """Writes the file, or prints it; a flow file is no text and never printed to a terminal."""
    to_terminal = output is None or str(output) == "-"
    if form == "mitm" and to_terminal and sys.stdout.isatty():
        raise click.UsageError("A flow file is not text; name a file with -o.")
    known = known_failures(folder)
    wanted = read_target(target) if target is not None else None
    try:
        outcome = judged(read_trace(recording, target=wanted), known=known)
        data = exported(outcome.trace, form, number=number, known=known)
    except (RecordingError, NoSuchExchangeError) as error:
        raise click.UsageError(printable(str(error))) from None
    if output is None or to_terminal:
        click.echo(data, nl=False)
        return 0
    _write(output, data)
    click.echo(f"written to {output}", err=True)
    return 0


def _write(path: Path, data: bytes) -> None:
    """A new file that only its owner can read."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except FileExistsError:
        raise click.UsageError(f"{path} exists already; an export never replaces it") from None
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or str(error)
        raise click.UsageError(f"cannot write {path}: {why}") from None
