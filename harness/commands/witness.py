"""`harness check --witness claude-code`."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from harness.commands.ending import INTERRUPTED, cut_short
from harness.commands.options import Wanted
from harness.commands.output import RULE, Outputs, put_out
from harness.commands.progress import Progress
from harness.model.verdict import Impact, Surface
from harness.recording.file import RecordingError
from harness.report.beside import Run, beside_report
from harness.report.beside_json import beside_json
from harness.report.json import json_report
from harness.report.text import exit_code, text_report
from harness.run.session import Log, Outcome


def witness(want: Wanted, options: Mapping[str, Any], to: Outputs) -> int:
    """Runs the simulation and the installed client, prints both side by side."""
    from harness.proxy.engine import ProxyError
    from harness.run.check import checked
    from harness.run.claude_program import WitnessError, find
    from harness.run.plan import Plan
    from harness.run.witness import witnessed

    _understood(want, options)
    try:
        binary = find(options["witness_path"])
    except WitnessError as error:
        raise click.UsageError(str(error)) from None
    plan = Plan(
        choices=want.choices,
        surface=Surface.CLAUDE_CODE,
        maps=want.maps,
        ca_files=want.ca_files,
        fields=want.fields,
        faults=want.faults,
    )
    folder = None if options["no_record"] else Path()
    logs: list[Log] = []
    common: Mapping[str, Any] = {
        "folder": folder,
        "seconds": options["timeout"],
        "opened": logs.append,
        "known": want.known,
    }

    async def both(progress: Progress) -> tuple[Outcome, Outcome]:
        # Ended from outside is as good as interrupted: the throw-away folder has to go.
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        simulated = await checked(plan, record=None, watcher=progress, **common)
        real = await witnessed(
            plan, binary=binary, record=options["record"], watcher=progress, **common
        )
        return simulated, real

    with Progress() as progress:
        try:
            simulated, real = asyncio.run(both(progress))
        except (RecordingError, ProxyError, WitnessError) as error:
            raise click.UsageError(str(error)) from None
        except (KeyboardInterrupt, asyncio.CancelledError):
            progress.clear()
            cut_short("interrupted", [one.trace.recording for one in logs if one.trace.recording])
            return INTERRUPTED
    runs = [(one.trace, one.diagnosis) for one in (simulated, real)]
    text = partial(_text, runs, verbose=options["verbose"])
    put_out({"text": text, "json": lambda: json_report(runs, beside_json(*runs))}, to)
    return exit_code(real.diagnosis, Impact(options["fail_on"]))


def _understood(want: Wanted, options: Mapping[str, Any]) -> None:
    """Raises click.UsageError for what the real client cannot be told."""
    given = {
        "--step": options["step"],
        "--until": want.choices.until,
        "--deep": want.choices.deep,
        "--scope": want.choices.scope,
        "--call": want.choices.call_tool,
        "--switch": want.choices.switches,
    }
    for name, value in given.items():
        if value:
            raise click.UsageError(f"{name} cannot be asked of the real client; leave it out.")
    if any(one is not Surface.CLAUDE_CODE for one in want.surfaces) and options["surfaces"]:
        raise click.UsageError("--witness claude-code stands beside --surface claude-code alone.")


def _text(runs: Sequence[Run], *, verbose: bool) -> str:
    told = beside_report(*runs)
    if not verbose:
        return told
    return RULE.join((told, *(text_report(*one, verbose=True) for one in runs)))
