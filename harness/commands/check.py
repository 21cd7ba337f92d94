"""`harness check`."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from harness.client.events import Send
from harness.commands.options import wanted
from harness.commands.output import RULE, outputs, put_out
from harness.commands.progress import Progress
from harness.model.trace import Trace
from harness.model.verdict import Diagnosis, Impact, Verdict
from harness.recording.file import RecordingError
from harness.report.json import json_report
from harness.report.printable import printable
from harness.report.surfaces import surfaces_table
from harness.report.text import exit_code, text_report
from harness.run.session import Log, Outcome


def check(target: str | None, options: Mapping[str, Any]) -> int:
    """Runs the check, prints the reports, returns the exit code."""
    want = wanted(target, options)
    to = outputs(options["formats"], options["outputs"])
    if options["step"] and not sys.stdin.isatty():
        raise click.UsageError("--step needs a terminal.")
    if options["record"] is not None and options["no_record"]:
        raise click.UsageError("--record and --no-record exclude each other.")
    if options["witness"] is not None:
        from harness.commands.witness import witness

        return witness(want, options, to)
    # mitmproxy takes most of a second to import: not before the arguments are known to be right.
    from harness.proxy.engine import ProxyError
    from harness.run.check import Plan, checked

    if len(want.surfaces) > 1 and options["record"] is not None:
        raise click.UsageError("--record names one file; without it each surface has its own.")
    outcomes: list[Outcome] = []
    for surface in want.surfaces:
        plan = Plan(
            choices=want.choices,
            surface=surface,
            maps=want.maps,
            ca_files=want.ca_files,
            fields=want.fields,
            faults=want.faults,
        )
        logs: list[Log] = []
        with Progress(keep=options["step"]) as progress:
            try:
                outcome = asyncio.run(
                    checked(
                        plan,
                        record=options["record"],
                        folder=None if options["no_record"] else Path(),
                        seconds=options["timeout"],
                        watcher=progress,
                        before=_pause if options["step"] else None,
                        opened=logs.append,
                        known=want.known,
                    )
                )
            except (RecordingError, ProxyError) as error:
                raise click.UsageError(str(error)) from None
            except KeyboardInterrupt:
                progress.clear()
                kept = logs[0].trace.recording if logs else None
                said = "harness: interrupted" + (f"; recorded in {kept}" if kept else "")
                click.echo(said, err=True)
                return 130
        outcomes.append(outcome)
    runs = [(one.trace, one.diagnosis) for one in outcomes]
    text = partial(_text, runs, verbose=options["verbose"])
    put_out({"text": text, "json": partial(json_report, runs)}, to)
    codes = {exit_code(one.diagnosis, Impact(options["fail_on"])) for one in outcomes}
    return next(code for code in (1, 4, 0) if code in codes)


def _text(runs: Sequence[tuple[Trace, Diagnosis]], *, verbose: bool) -> str:
    """One report, or the table of several surfaces and the reports of those it does not settle."""
    whole = [text_report(*one, verbose=verbose) for one in runs]
    if len(runs) == 1:
        return whole[0]
    told = [
        text
        for text, (_, diagnosis) in zip(whole, runs, strict=True)
        if verbose or diagnosis.verdict is not Verdict.CONNECTS
    ]
    return RULE.join((surfaces_table(runs), *told))


async def _pause(send: Send) -> None:
    """Shows the next request and waits for Enter; Ctrl-C ends the wait."""
    where = printable(send.url)
    click.echo(f"next: {send.step}  {send.method} {where}  [Enter] ", nl=False, err=True)
    loop = asyncio.get_running_loop()
    entered = asyncio.Event()
    loop.add_reader(sys.stdin, entered.set)
    try:
        await entered.wait()
        sys.stdin.readline()
    finally:
        loop.remove_reader(sys.stdin)
