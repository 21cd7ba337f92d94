"""`harness` and `harness tui`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from harness.commands.ending import write_log
from harness.commands.options import wanted
from harness.tui.app import run_tui
from harness.tui.setup import Setup


def tui(target: str | None, options: Mapping[str, Any]) -> int:
    """Opens the terminal UI on a target, or on the reference server."""
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise click.UsageError(
            "The terminal UI needs a terminal; `harness check` prints the same to a file."
        )
    want = wanted(target, options)
    setup = Setup(
        choices=want.choices,
        surface=want.surfaces[0],
        maps=want.maps,
        ca_files=want.ca_files,
        fields=want.fields,
        faults=tuple(one.id for one in want.faults),
        folder=Path(),
    )
    return run_tui(setup, write_log=write_log)
