"""`harness check`."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from harness.client.events import Send
from harness.commands.ending import INTERRUPTED, OUR_BUG, cut_short
from harness.commands.onlooker import Onlooker, onlooker
from harness.commands.options import Wanted, wanted
from harness.commands.output import RULE, outputs, put_out
from harness.commands.progress import Progress
from harness.model.trace import Trace
from harness.model.verdict import Diagnosis, Impact, Surface, Verdict
from harness.recording.file import RecordingError
from harness.report.json import json_report
from harness.report.printable import printable
from harness.report.surfaces import surfaces_table
from harness.report.text import exit_code, text_report
from harness.run.plan import Plan, borrowers
from harness.run.session import Log, Outcome, Watcher


def check(target: str | None, options: Mapping[str, Any]) -> int:
    """Runs the check, prints the reports, returns the exit code."""
    want = wanted(target, options)
    to = outputs(options["formats"], options["outputs"])
    if options["step"] and not sys.stdin.isatty():
        raise click.UsageError("--step needs a terminal.")
    if options["record"] is not None and options["no_record"]:
        raise click.UsageError("--record and --no-record exclude each other.")
    looking = onlooker(options, want.surfaces)
    if options["witness"] is not None:
        from harness.commands.witness import witness

        return witness(want, options, to)
    if len(want.surfaces) > 1 and options["record"] is not None:
        raise click.UsageError("--record names one file; without it each surface has its own.")
    kept: list[str] = []
    with Progress(keep=options["step"]) as progress:
        apart = _apart(want, options)
        play = _side_by_side if apart else partial(_in_turn, looking=looking)
        try:
            outcomes = play(want, options, progress, kept)
        except KeyboardInterrupt:
            progress.clear()
            cut_short("interrupted", kept)
            return INTERRUPTED
    runs = [(one.trace, one.diagnosis) for one in outcomes]
    text = partial(_text, runs, verbose=options["verbose"])
    put_out({"text": text, "json": partial(json_report, runs)}, to)
    codes = {exit_code(one.diagnosis, Impact(options["fail_on"])) for one in outcomes}
    return next(code for code in (1, 4, 0) if code in codes)


def _apart(want: Wanted, options: Mapping[str, Any]) -> bool:
    """True where surfaces can be played at the same time, and there is something to wait for.

    What needs the terminal is one at a time, and the bundled server answers at once.
    """
    together = set(want.surfaces) - set(borrowers(_plan(want), want.surfaces))
    unattended = options["login"] in ("auto", "headless") and not options["step"]
    return (
        len(together) > 1 and unattended and bool(want.choices.target) and sys.platform != "win32"
    )


def _plan(want: Wanted) -> Plan:
    return Plan(
        choices=want.choices,
        surface=want.surfaces[0],
        maps=want.maps,
        ca_files=want.ca_files,
        fields=want.fields,
        faults=want.faults,
    )


def _in_turn(
    want: Wanted,
    options: Mapping[str, Any],
    progress: Progress,
    kept: list[str],
    *,
    looking: Onlooker | None,
) -> list[Outcome]:
    # mitmproxy takes most of a second to import: not before the arguments are known to be right.
    from harness.proxy.engine import ProxyError
    from harness.run.in_turn import in_turn

    def opened(log: Log) -> None:
        if log.trace.recording is not None:
            kept.append(log.trace.recording)

    try:
        return asyncio.run(
            in_turn(
                _plan(want),
                want.surfaces,
                record=options["record"],
                folder=None if options["no_record"] else Path(),
                seconds=options["timeout"],
                watcher=partial(_watcher, want, progress),
                before=_pause if options["step"] else None,
                opened=opened,
                known=want.known,
                onlooker=looking,
            )
        )
    except (RecordingError, ProxyError) as error:
        raise click.UsageError(str(error)) from None


def _side_by_side(
    want: Wanted, options: Mapping[str, Any], progress: Progress, kept: list[str]
) -> list[Outcome]:
    from harness.run.side_by_side import RefusedError, WorkerError, side_by_side

    try:
        return side_by_side(
            _plan(want),
            want.surfaces,
            folder=None if options["no_record"] else Path(),
            seconds=options["timeout"],
            scenarios=options["folder"],
            watcher=lambda surface, item: progress(item, about=surface),
            opened=kept.append,
        )
    except RefusedError as error:
        raise click.UsageError(str(error)) from None
    except WorkerError as error:
        progress.clear()
        cut_short(str(error), kept)
        sys.exit(OUR_BUG)


def _watcher(want: Wanted, progress: Progress, surface: Surface) -> Watcher:
    return partial(progress, about=surface if len(want.surfaces) > 1 else "")


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
