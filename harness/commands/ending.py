"""The one place where a run that went wrong ends: a clear sentence and the right exit code."""

import contextlib
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

USAGE, OUR_BUG, INTERRUPTED = 2, 3, 130


@contextlib.contextmanager
def ending() -> Iterator[None]:
    """Turns every exception into a message on stderr and an exit code; never a traceback."""
    try:
        yield
    except click.exceptions.Abort:
        _leave("harness: interrupted", INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except KeyboardInterrupt:
        _leave("harness: interrupted", INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output is gone; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        log = write_log(error)
        _leave(
            f"harness: an error of our own ({type(error).__name__}).\n"
            f"The details are in {log}\n"
            "What was recorded until then is kept; please report both.",
            OUR_BUG,
        )


def _leave(text: str, code: int) -> None:
    click.echo(text, err=True)
    sys.exit(code)


def cut_short(why: str, kept: Sequence[str]) -> None:
    """Say why there is no report, and what was recorded until then."""
    said = f"harness: {why}"
    if len(kept) == 1:
        said += f"; recorded in {kept[0]}"
    elif kept:
        said = "\n  ".join((f"{said}; recorded in", *kept))
    click.echo(said, err=True)


def write_log(error: Exception) -> Path | str:
    """The traceback in a private file, without secrets of known shape."""
    try:
        from harness.recording.redact import Redactor

        text = Redactor().text("".join(traceback.format_exception(error)))
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        handle, name = tempfile.mkstemp(prefix=f"harness-{stamp}-", suffix=".log", text=True)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        return Path(name)
    except Exception:
        return "no file (the log could not be written either)"
