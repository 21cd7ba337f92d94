"""`harness diagnose --access-log` as a user meets it: output, exit codes, mistakes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cli import cli

METADATA = "/.well-known/oauth-protected-resource"
LINES = "".join(
    f'160.79.106.38 - - [23/Nov/2026:12:00:0{second} +0000] "{request} HTTP/1.1" {status} 5 "-" '
    '"python-httpx/0.28.1"\n'
    for second, (request, status) in enumerate(
        (("POST /mcp", 401), (f"GET {METADATA}/mcp", 404), (f"GET {METADATA}", 404))
    )
)
AUTHORIZE = (
    '1.2.3.4 - - [23/Nov/2026:12:00:09 +0000] "GET /authorize?response_type=code&client_id=c&'
    'redirect_uri=https%3A%2F%2Fclaude.ai%2Fapi%2Fmcp%2Fauth_callback&{name}={value} HTTP/1.1" '
    '400 5 "https://claude.ai/?{name}={value}" "Mozilla/5.0"\n'
)


def diagnose(*arguments: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["diagnose", *arguments], input=given)


def test_a_stop_is_told_first_and_in_eighty_columns() -> None:
    done = diagnose("--access-log", "-", given=LINES)
    assert done.exit_code == 1
    shown = done.output.splitlines()
    assert shown[0] == "standard input: 3 requests, 2026-11-23 12:00:00 to 12:00:02 UTC"
    assert shown[1] == "STOPS at resource-metadata: no resource metadata is found: 404"
    assert max(map(len, shown)) <= 80
    assert "certain: sent from" in done.output
    assert "last   line 3 at 12:00:02: GET /.well-known/oauth-protected-resource -> 404" in shown
    assert "next   when all is well: GET /.well-known/oauth-authorization-server" in done.output
    assert "  - challenge-without-resource-metadata: " in done.output
    assert "harness explain ID" in done.output
    assert "Bodies and headers are not in an access log" in done.output


def test_json() -> None:
    done = diagnose("--access-log", "-", "--format", "json", given=LINES)
    assert done.exit_code == 1
    value = json.loads(done.output)
    assert value["schema"] == "harness.access-log/1"
    assert (value["verdict"], value["mcp_path"]) == ("fails", "/mcp")
    (attempt,) = value["attempts"]
    assert attempt["decisive"] is True
    assert attempt["stopped_at"] == "resource-metadata"
    assert attempt["last"]["line"] == 3
    assert [one["step"] for one in attempt["requests"]] == ["challenge", *["resource-metadata"] * 2]
    assert attempt["suspects"][0]["id"] == "challenge-without-resource-metadata"


def test_nothing_from_claude_is_four(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(LINES.replace("python-httpx/0.28.1", "curl/8").replace("160.79", "1.79"))
    done = diagnose("--access-log", str(log))
    assert done.exit_code == 4
    assert done.output.splitlines()[1].startswith("NOTHING FROM CLAUDE: 3 requests")
    assert "Other programs do arrive: curl (3)." in done.output
    assert "zero-inbound-start-error" in done.output


def test_several_files_are_one_log(tmp_path: Path) -> None:
    lines = LINES.splitlines(keepends=True)
    newer, older = tmp_path / "access.log", tmp_path / "access.log.1"
    newer.write_text("".join(lines[1:]))
    older.write_text(lines[0])
    done = diagnose("--access-log", str(newer), "--access-log", str(older))
    assert "access.log.1 line 1 to access.log line 2" in " ".join(done.output.split())
    assert "ok   challenge" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Give a FILE, or --access-log FILE"),
        (["x.jsonl", "--access-log", "y"], "not both"),
        (["--access-log", "none.log"], "cannot read the access log none.log: No such file"),
        (["--access-log", "-", "--access-log", "-"], "Standard input can be read once"),
        (["--access-log", "-", "--mcp-path", "mcp"], "--mcp-path begins with a slash"),
        (["--access-log", "-", "--mcp-path", "/mcp", "--target", "https://a/mcp"], "give one"),
        (["--access-log", "pyproject.toml"], "pyproject.toml, line 1: not a line of an access"),
    ],
)
def test_mistakes_are_one_sentence(arguments: list[str], said: str) -> None:
    done = diagnose(*arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_nothing_a_log_holds_acts_on_the_terminal() -> None:
    evil = LINES.replace("GET /", "GET /\x1b[31m").replace('"python', '"python').encode()
    done = diagnose("--access-log", "-", given=evil + b'\xff\x1b]0;x\x07 {"a":1}\n')
    assert "\x1b" not in done.output
    assert "Could not be read, the first being standard input, line 4: 1" in done.output


NAMES = st.sampled_from(["code", "state", "access_token", "token", "client_secret", "api_key"])
VALUES = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=16, max_size=40)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(NAMES, VALUES, st.sampled_from(["text", "json"]))
def test_no_secret_is_printed(name: str, value: str, form: str) -> None:
    asked = AUTHORIZE.format(name=name, value=value)
    called = LINES.replace("POST /mcp", f"POST /mcp?{name}={value}")
    unreadable = f"GET /callback?{name}={value}\n"
    done = diagnose("--access-log", "-", "--format", form, given=called + asked + unreadable)
    assert done.exit_code == 1
    assert value not in done.output
    assert "authorize" in done.output
