"""`harness diagnose --access-log`: what a web server's log shows of Claude."""

from collections.abc import Sequence
from pathlib import Path

import click

from harness.commands.options import known_failures, read_target
from harness.diagnosis.access_log.gather import Gathering
from harness.diagnosis.access_log.judge import diagnose_log
from harness.model.verdict import Verdict
from harness.model.wellknown import split
from harness.recording.access_log import AccessLogError, AccessLogReader, without_secrets
from harness.report.access_log import text_report
from harness.report.access_log_json import json_report

_EXIT = {Verdict.CONNECTS: 0, Verdict.FAILS: 1, Verdict.INCONCLUSIVE: 4}


def judge_log(
    logs: Sequence[Path],
    *,
    mcp_path: str | None,
    target: str | None,
    form: str,
    folder: Path | None,
) -> int:
    """Print what the logs show; several are read as one."""
    path = _path(mcp_path, target)
    if sum(str(one) == "-" for one in logs) > 1:
        raise click.UsageError("Standard input can be read once.")
    reader, gathering = AccessLogReader(logs), Gathering()
    try:
        for line in reader:
            if gathering.wants(line):
                gathering.keep(without_secrets(line))
    except AccessLogError as error:
        raise click.UsageError(f"{error}.") from None
    diagnosis = diagnose_log(
        gathering,
        files=reader.names,
        mcp_path=path,
        unreadable=reader.unreadable,
        first_unreadable=reader.first_unreadable,
        damaged=tuple(reader.damaged),
        known=known_failures(folder),
    )
    report = json_report if form == "json" else text_report
    click.echo(report(diagnosis), nl=False)
    return _EXIT[diagnosis.verdict]


def _path(mcp_path: str | None, target: str | None) -> str | None:
    if mcp_path is not None and target is not None:
        raise click.UsageError("--mcp-path and --target say the same; give one of them.")
    if target is not None:
        return split(read_target(target)).path or "/"
    if mcp_path is not None and not mcp_path.startswith("/"):
        raise click.UsageError("--mcp-path begins with a slash, as in /mcp.")
    return mcp_path
