"""A real nginx writes the log while Claude is played through it; the log alone tells the end."""

import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from test_nginx import NAMES, RULES, behind

from harness.commands.access_log import judge_log
from harness.model.verdict import Verdict

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx here")

TIMED = (
    'log_format timed \'$remote_addr - $remote_user [$time_local] "$request" $status '
    '$body_bytes_sent "$http_referer" "$http_user_agent" $request_time $upstream_status '
    '"$http_x_forwarded_for"\';'
)
NAMED = (
    'log_format named escape=json \'{"time":"$time_iso8601","remote_addr":"$remote_addr",'
    '"method":"$request_method","uri":"$request_uri","status":$status,'
    '"http_user_agent":"$http_user_agent","request_time":$request_time}\';'
)
ENDS = {
    "healthy": "CONNECTED as far as this log shows",
    "hides the challenge": "CONNECTED as far as this log shows",
    "blocks the AI agent": "STOPS at connect: Claude-User is answered 403",
    "asks for basic authentication": "STOPS at resource-metadata: no resource metadata is found",
    "serves the single-page application": "STOPS at resource-metadata: the resource metadata is",
    "strips the token": "STOPS at connect: the call with the token is answered 401",
    "moves to www": "STOPS at connect: the call with the token is redirected, then 401",
    "adds a language": "STOPS at resource-metadata: no resource metadata is found: 307, 404",
    "has no registration": "STOPS at registration: POST /oauth/register is answered 404",
}


async def logged(name: str, folder: Path, form: str = "combined") -> tuple[Path, Verdict]:
    """The log of a run, without what Claude itself would not have asked."""
    rule = RULES[name]
    rule = replace(
        rule,
        http=f"{rule.http} {TIMED} {NAMED}",
        server=f"access_log access.log {form}; {rule.server}",
    )
    outcome = await behind(rule, folder)
    log = folder / "access.log"
    lines = log.read_text().splitlines(keepends=True)
    arrived = [
        one for one in outcome.trace.exchanges if urlsplit(one.request.url).hostname in NAMES
    ]
    pairs = zip(lines, arrived, strict=True)
    log.write_text("".join(line for line, one in pairs if not one.exploration))
    return log, outcome.diagnosis.verdict


@pytest.mark.parametrize("name", ENDS)
async def test_the_log_shows_the_end(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, _ = await logged(name, tmp_path)
    code = judge_log([log], mcp_path=None, target=None, form="text", folder=None)
    printed = capsys.readouterr().out
    headline = printed.splitlines()[1]
    assert ENDS[name].startswith(headline) or headline.startswith(ENDS[name]), printed
    assert code == (0 if ENDS[name].startswith("CONNECTED") else 1)
    finds = RULES[name].finds
    assert code == 0 or finds is None or finds in printed
    assert max(map(len, printed.splitlines())) <= 80
    assert "MCP endpoint /mcp" in printed


@pytest.mark.parametrize("form", ["combined", "timed", "named"])
async def test_every_format_of_a_healthy_run_connects(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, verdict = await logged("healthy", tmp_path, form)
    assert verdict is Verdict.CONNECTS
    assert judge_log([log], mcp_path=None, target=None, form="text", folder=None) == 0
    shown = capsys.readouterr().out
    assert "could not be read" not in shown
    assert "  ok   token              POST /oauth/token 200" in shown


async def test_what_a_check_asks_besides_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = replace(RULES["healthy"], server="access_log access.log combined;")
    await behind(rule, tmp_path)
    log = tmp_path / "access.log"
    assert judge_log([log], mcp_path="/mcp", target=None, form="text", folder=None) == 0
    assert "CONNECTED" in capsys.readouterr().out
