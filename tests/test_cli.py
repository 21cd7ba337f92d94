"""The command line as a user or a script meets it: output, exit codes, interruption."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import Got, healthy, tiny

from harness.model.trace import NoteKind
from harness.recording.file import load

HARNESS = [sys.executable, "-m", "harness"]
EXAMPLES = Path(__file__).parent.parent / "recordings" / "examples"


def harness(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HARNESS, *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_a_check_of_the_reference_server_connects_and_records(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    done = harness("check", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "https://mcp.reference.test/mcp as claude-ai"
    assert lines[1] == "CONNECTS"
    (recording,) = (tmp_path / "recordings").iterdir()
    assert lines[-1].endswith(recording.name)
    assert recording.stat().st_mode & 0o777 == 0o600
    again = harness("replay", str(recording), cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines()[1] == "CONNECTS"


def test_a_fault_is_named_first_and_replays(tmp_path: Path) -> None:
    done = harness("check", "--fault", "token-invalid-target", "--record", "r.jsonl", cwd=tmp_path)
    assert done.returncode == 1
    headline = done.stdout.splitlines()[1]
    assert headline.startswith("FAILS at token: ")
    assert "\n1. token-invalid-target" in done.stdout
    for command in ("replay", "diagnose"):
        again = harness(command, "r.jsonl", cwd=tmp_path)
        assert again.returncode == 1
        assert again.stdout.splitlines()[1] == headline


def test_two_recordings_are_compared(tmp_path: Path) -> None:
    before, after = str(EXAMPLES / "token-invalid-target.jsonl"), str(EXAMPLES / "healthy.jsonl")
    same = harness("compare", after, after, cwd=tmp_path)
    assert (same.returncode, same.stderr) == (0, "")
    assert same.stdout.startswith("EQUAL")
    done = harness("compare", before, after, "--format", "json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    found = json.loads(done.stdout)
    assert [each["id"] for each in found["findings"]["fixed"]] == ["token-invalid-target"]
    assert (found["changes"][0]["step"], found["changes"][0]["place"]) == (
        "token",
        "response.status",
    )


def test_a_recording_is_compared_with_the_reference_server(tmp_path: Path) -> None:
    recording = str(EXAMPLES / "token-invalid-target.jsonl")
    done = harness("compare", recording, "--reference", "--all", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("FALLS SHORT of a correct server at token: ")
    assert "   reference  answered 200\n" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_json_report_keeps_its_schema(tmp_path: Path) -> None:
    done = harness(
        *("check", "--fault", "token-invalid-target", "--format", "json", "--no-record"),
        cwd=tmp_path,
    )
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["schema"] == "harness.run/1"
    assert set(report) == {
        "schema",
        "target",
        "started",
        "duration_ms",
        "recording",
        "surfaces",
        "exchanges",
    }
    (surface,) = report["surfaces"]
    assert surface["surface"] == "claude-ai"
    assert (surface["verdict"], surface["stopped_at"]) == ("fails", "token")
    assert surface["claude_returns"]["step"] == "end_error"
    assert surface["profile"]["as_of"]
    finding = surface["findings"][0]
    assert finding["id"] == "token-invalid-target"
    assert finding["root_cause"] is True
    assert {"exchange", "place", "quote", "expected"} == set(finding["evidence"][0])
    assert {"url", "seen"} == set(finding["sources"][0])
    statuses = {one["step"]: one["status"] for one in surface["steps"]}
    assert statuses["token"] == "broken"
    assert statuses["connect"] == "not-reached"
    numbers = [one["n"] for one in report["exchanges"]]
    assert numbers == list(range(1, len(numbers) + 1))


def test_formats_and_files_pair_up(tmp_path: Path) -> None:
    done = harness("check", "--no-record", "--format", "json", "-o", "r.json", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1] == "CONNECTS"
    assert json.loads((tmp_path / "r.json").read_text())["schema"] == "harness.run/1"


def test_no_secret_reaches_the_recording_or_the_report(tmp_path: Path) -> None:
    done = harness("check", "--record", "r.jsonl", "--format", "json", cwd=tmp_path)
    for text in (done.stdout, (tmp_path / "r.jsonl").read_text()):
        assert "eyJ" not in text
        assert "correct+horse" not in text
        assert "correct horse" not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "--fault", "nope"], "No fault 'nope'"),
        (["check", "--fault", "prm-requires-aut"], "Did you mean prm-requires-auth?"),
        (["check", "https://x.example/mcp", "--fault", "prm-requires-auth"], "leave TARGET out"),
        (["check", "javascript:alert(1)"], "no MCP URL"),
        (["check", "ftp://x.example/"], "no MCP URL"),
        (["check", "https://user:pw@x.example/mcp"], "Credentials"),
        (["check", "https://x.example/mcp#top"], "fragment"),
        (["check", "https://x.example/mcp", "--map", "x=y"], "PUBLIC=LOCAL"),
        (["check", "https://x.example/mcp", "--client-secret", "s"], "needs --client-id"),
        (["check", "https://x.example/mcp", "--field", "login"], "NAME=VALUE"),
        (["check", "https://x.example/mcp", "--field", "login=env:NOT_SET_HERE"], "not set"),
        (["check", "https://x.example/mcp", "--field", "login=@/nowhere"], "cannot read"),
        (["check", "https://x.example/mcp", "--header", "a b=c"], "no valid HTTP header"),
        (["check", "https://x.example/mcp", "--ca", "/nowhere.pem"], "does not exist"),
        (["check", "--record", "/nowhere/at/all/r.jsonl", "--no-record"], "exclude"),
        (["check", "--step"], "needs a terminal"),
        (["check", "--web", "--surface", "all"], "--web shows one run"),
        (["check", "-o", "a", "-o", "b"], "Each -o"),
        (["replay", "/nowhere.jsonl"], "cannot read"),
        (["diagnose", "pyproject.toml"], "not a recording"),
        (["compare", "/nowhere.jsonl", "--reference"], "cannot read"),
        (["compare", "a.jsonl"], "--reference in its place"),
        (["compare", "a.jsonl", "b.jsonl", "--reference"], "--reference in its place"),
        (["explain", "nope"], "No known failure"),
        (["nonsense"], "No such command"),
    ],
)
def test_a_mistake_is_one_clear_sentence(arguments: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    done = harness(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_several_surfaces_stand_side_by_side(tmp_path: Path) -> None:
    surfaces = ("--surface", "claude-ai", "--surface", "claude-code")
    faulty = ("--fault", "callback-iss-missing", "--no-record")
    done = harness("check", *surfaces, *faulty, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    table, _, reports = done.stdout.partition("=" * 80)
    rows = {line[:54].strip(): line[54:].split() for line in table.splitlines()}
    assert rows["verdict"] == ["CONNECTS", "FAILS"]
    assert rows["callback"] == ["ok", "FAIL"]
    assert rows["callback-iss-missing"] == ["advisory", "breaks"]
    assert reports.lstrip().startswith("https://mcp.reference.test/mcp as claude-code\nFAILS")
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    shown = harness("check", *surfaces, *faulty, "--format", "json", cwd=tmp_path)
    names = [one["surface"] for one in json.loads(shown.stdout)["surfaces"]]
    assert names == ["claude-ai", "claude-code"]


def test_the_bundled_server_is_the_same_for_all_surfaces(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    surfaces = ("--surface", "messages-api", "--surface", "claude-code")
    done = harness("check", *surfaces, "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)["surfaces"]
    assert [one["surface"] for one in shown] == ["messages-api", "claude-code"]
    (kept,) = (tmp_path / "recordings").glob("*messages-api*")
    trace = load(kept)
    assert trace.choices["headers"] == ["Authorization"]
    said = next(trace.noted(NoteKind.DECISION))
    assert said.text == "the access token is the one that claude-code got in this run"
    assert "eyJ" not in kept.read_text()
    again = harness("replay", str(kept), cwd=tmp_path)
    assert again.stdout.splitlines()[1] == "CONNECTS"


def test_one_file_cannot_hold_several_surfaces(tmp_path: Path) -> None:
    done = harness("check", "--surface", "all", "--record", "x.jsonl", cwd=tmp_path)
    assert done.returncode == 2
    assert "--record names one file" in done.stderr


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("surface", "claude-phone"),
        ("choices", {"registration": "by-letter"}),
        ("choices", {"grant": "by-letter"}),
        ("choices", {"until": "the-end"}),
    ],
)
def test_a_recording_that_says_what_nobody_knows_is_refused(
    member: str, value: object, tmp_path: Path
) -> None:
    example = Path(__file__).parent.parent / "recordings" / "examples" / "healthy.jsonl"
    first, *rest = example.read_text().splitlines(keepends=True)
    path = tmp_path / "odd.jsonl"
    path.write_text("".join((json.dumps({**json.loads(first), member: value}), "\n", *rest)))
    done = harness("replay", str(path), cwd=tmp_path)
    assert done.returncode == 2
    assert f"{path}, line 1" in " ".join(done.stderr.split())
    assert "error of our own" not in done.stderr


def test_a_recording_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text("mine")
    done = harness("check", "--record", "r.jsonl", cwd=tmp_path)
    assert done.returncode == 2
    assert "exists already" in done.stderr
    assert (tmp_path / "r.jsonl").read_text() == "mine"


def test_an_unreachable_server_is_a_verdict(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        target = f"http://127.0.0.1:{free.getsockname()[1]}/mcp"
    done = harness("check", target, "--no-record", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].startswith("FAILS at reach: ")
    assert done.stderr == ""


def test_explain_and_scenarios_and_profiles_print(tmp_path: Path) -> None:
    article = harness("explain", "prm-requires-auth", cwd=tmp_path)
    assert article.returncode == 0
    assert "Why it breaks" in article.stdout
    listing = harness("scenarios", "--step", "token", cwd=tmp_path).stdout
    assert "token-invalid-target" in listing
    assert "prm-requires-auth" not in listing
    values = harness("profiles", "claude-ai", cwd=tmp_path).stdout
    assert "python-httpx/0.28.1" in values
    assert "contested" in values


async def interrupted_at(number: int, folder: Path) -> tuple[int, str, str]:
    """Send SIGINT while request `number` hangs; exit code, stdout and stderr."""
    hanging = asyncio.Event()

    def handler(got: Got) -> bytes | None:
        if got.n < number:
            return healthy(got)
        hanging.set()
        return None

    async with tiny(handler) as origin:
        process = await asyncio.create_subprocess_exec(
            *HARNESS,
            *("check", f"{origin}/mcp", "--record", "r.jsonl"),
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        await asyncio.wait_for(hanging.wait(), 30)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("number", range(1, 19))
async def test_ctrl_c_keeps_what_was_recorded(number: int, tmp_path: Path) -> None:
    code, out, err = await interrupted_at(number, tmp_path)
    assert code == 130
    assert out == ""
    assert err == "harness: interrupted; recorded in r.jsonl\n"
    trace = load(tmp_path / "r.jsonl")
    assert len(trace.exchanges) >= number - 1
    assert next(trace.noted(NoteKind.ABORTED)).text == "the run was interrupted"
    assert trace.finished is not None


async def test_a_run_out_of_time_is_inconclusive(tmp_path: Path) -> None:
    async with tiny(lambda got: None) as origin:
        done = await asyncio.to_thread(
            harness, "check", f"{origin}/mcp", "--timeout", "0.5", "--no-record", cwd=tmp_path
        )
    assert done.returncode == 4
    assert "longer than 0.5 seconds" in done.stdout


def test_an_error_of_our_own_names_its_log(tmp_path: Path) -> None:
    code = (
        "import harness.commands.check as room\n"
        "def broken(*_): raise RuntimeError('Bearer eyJhbGciOiJ9.eyJzdWIiOiJ9.abc')\n"
        "room.check = broken\n"
        "from harness.cli import main\n"
        "main(['check'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    (log,) = tmp_path.glob("harness-*.log")
    assert str(log) in done.stderr
    assert "RuntimeError" in log.read_text()
    assert "eyJzdWIiOiJ9" not in log.read_text()


def test_serve_prints_where_it_listens_and_stops(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*HARNESS, "serve", "--fault", "token-invalid-target"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        url = lines[0].partition(": ")[2].strip()
        ca_file = lines[1].partition(": ")[2].strip()
        done = harness("check", url, "--ca", ca_file, "--no-record", cwd=tmp_path)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert done.stdout.splitlines()[1].startswith("FAILS at token: "), done.stdout
    assert process.returncode == 0
    assert "Traceback" not in err


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = harness("serve", "--port", port, cwd=tmp_path)
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
    assert "Traceback" not in done.stderr


EXAMPLE = Path(__file__).parent.parent / "recordings" / "examples" / "token-invalid-target.jsonl"


@pytest.mark.parametrize("form", ["har", "mitm"])
def test_an_export_is_private_never_replaces_a_file_and_is_judged_alike(
    form: str, tmp_path: Path
) -> None:
    command = ("export", str(EXAMPLE), "--to", form, "-o", "out")
    done = harness(*command, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600
    again = harness(*command, cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr
    judged = harness("diagnose", "out", cwd=tmp_path)
    assert judged.returncode == 1, judged.stderr
    assert "\n1. token-invalid-target" in judged.stdout
    assert "exchanges, all sure" in judged.stdout


def test_one_exchange_is_printed_as_a_curl_command(tmp_path: Path) -> None:
    done = harness("export", str(EXAMPLE), "--to", "curl", "--exchange", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# exchange 1: challenge, initialize\ncurl --globoff")
    for wrong, words in (((), "--exchange N"), (("--exchange", "99"), "no exchange 99")):
        done = harness("export", str(EXAMPLE), "--to", "curl", *wrong, cwd=tmp_path)
        assert done.returncode == 2
        assert words in done.stderr


def test_a_har_about_nothing_asks_for_a_target(tmp_path: Path) -> None:
    (tmp_path / "empty.har").write_text('{"log": {"entries": []}}')
    done = harness("diagnose", "empty.har", cwd=tmp_path)
    assert done.returncode == 2
    assert "--target URL" in done.stderr
    done = harness("diagnose", str(EXAMPLE), "--target", "https://h/mcp", cwd=tmp_path)
    assert done.returncode == 2
    assert "names its target" in done.stderr
