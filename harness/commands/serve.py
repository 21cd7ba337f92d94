"""`harness serve`: the reference server, or a recorded one, in the foreground."""

from pathlib import Path

import click

from harness.commands.options import faults as read_faults
from harness.report.printable import printable


def serve(ids: tuple[str, ...], *, recording: Path | None, port: int, tls: bool) -> int:
    """Serves until interrupted."""
    if recording is not None and ids:
        raise click.UsageError(
            "--recording and --fault exclude each other: only the reference server can be bent."
        )
    try:
        if recording is None:
            _reference(ids, port=port, tls=tls)
        else:
            _recorded(recording, port=port, tls=tls)
    except OSError as error:
        raise click.UsageError(f"cannot listen on port {port}: {error.strerror}") from None
    return 0


def _reference(ids: tuple[str, ...], *, port: int, tls: bool) -> None:
    known = read_faults(ids)
    from harness.run.reference import serve_reference

    serve_reference(known, port=port, tls=tls)


def _recorded(recording: Path, *, port: int, tls: bool) -> None:
    from harness.recording.file import RecordingError, load
    from harness.run.recorded_server import serve_recording

    def announce(text: str) -> None:
        click.echo(printable(text))

    def warn(text: str) -> None:
        click.echo(f"harness: {printable(text)}", err=True)

    try:
        serve_recording(load(recording), port=port, tls=tls, announce=announce, warn=warn)
    except RecordingError as error:
        raise click.UsageError(str(error)) from None
