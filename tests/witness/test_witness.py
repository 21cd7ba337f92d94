"""What holds whatever the program does: nothing is left running, nothing is told, time is bounded.

A stand-in plays the program here; tests/witness/test_real_client.py has the real one.
"""

import asyncio
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from harness.cli import main
from harness.model.trace import NoteKind
from harness.model.verdict import Verdict
from harness.run.check import Plan
from harness.run.claude_program import WitnessError
from harness.run.session import Log, Outcome
from harness.run.witness import Patience, witnessed

type Fake = Callable[[str], Path]
IMPATIENT = Patience(short=20.0, list=3.0, login=3.0, finish=3.0)

ASK = """
    import json, ssl
    handler = urllib.request.ProxyHandler({"https": os.environ["HTTPS_PROXY"]})
    trust = ssl.create_default_context(cafile=os.environ["NODE_EXTRA_CA_CERTS"])
    secure = urllib.request.HTTPSHandler(context=trust)
    opener = urllib.request.build_opener(handler, secure)

    def ask(url, data=None):
        try:
            return opener.open(urllib.request.Request(url, data), timeout=5).status
        except urllib.error.HTTPError as error:
            return error.code
"""


async def run(binary: Path, record: Path | None = None) -> Outcome:
    return await witnessed(Plan(), binary=binary, record=record, patience=IMPATIENT)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that has ended stays until somebody asks for it.
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def exists(folder: str) -> bool:
    return Path(folder).exists()


def gone(pid: int, seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(pid)


def children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if path.read_text().rpartition(")")[2].split()[1] == str(pid):
                found.append(int(path.parent.name))
    return found


def waited(pids: Sequence[int], seconds: float = 20.0) -> bool:
    """Waits for processes that are not ours; False when one does not end in time."""
    for pid in pids:
        try:
            watched = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ready, _, _ = select.select([watched], [], [], seconds)
        os.close(watched)
        if not ready:
            return False
    return True


STUBBORN = """
    import signal
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
"""
HANGS = """
    if command == "mcp list":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        open({pids!r}, "w").write(f"{{os.getpid()}} {{child.pid}} {{os.getcwd()}}")
        print("trying", flush=True)
        time.sleep(600)
"""


async def test_a_program_that_hangs_is_ended_with_all_it_started(
    fake: Fake, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    outcome = await run(fake(HANGS.format(pids=str(pids))))
    one, child, folder = pids.read_text().split()
    assert gone(int(one))
    assert gone(int(child))
    assert not exists(folder)
    assert outcome.diagnosis.verdict is Verdict.INCONCLUSIVE
    assert "did not end within" in outcome.diagnosis.headline


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_program_does_not_outlive_an_interrupt_or_a_crash(
    how: signal.Signals, fake: Fake, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    binary = fake(STUBBORN + HANGS.format(pids=str(pids)))
    command = [sys.executable, "-m", "harness", "check", "--no-record", "--witness", "claude-code"]
    process = subprocess.Popen(
        [*command, "--witness-path", str(binary)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    until = time.monotonic() + 60
    while not (pids.exists() and len(pids.read_text().split()) == 3):
        assert time.monotonic() < until, process.communicate(timeout=5)
        time.sleep(0.05)
    one, child, folder = pids.read_text().split()
    started = children(process.pid)
    assert int(one) in started
    assert len(started) > 1
    process.send_signal(how)
    _, errors = process.communicate(timeout=20)
    if how is not signal.SIGKILL:
        assert process.returncode == 130
        assert b"interrupted" in errors
    assert waited([*started, int(child)])
    assert not Path(folder).exists()


async def test_the_program_knows_nothing_of_the_user(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-the-user")
    monkeypatch.setenv("NO_PROXY", "*")
    seen = tmp_path / "seen"
    code = f"open({str(seen)!r}, 'a').write(repr(sorted(os.environ.items())))\nsys.exit(1)\n"
    outcome = await run(fake(code))
    told = seen.read_text()
    assert "sk-of-the-user" not in told
    assert "NO_PROXY" not in told
    for name in ("HOME", "CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME"):
        assert f"('{name}', '{tempfile.gettempdir()}/harness-witness-" in told
    assert "`claude mcp add` failed" in outcome.diagnosis.headline


async def test_only_what_belongs_to_the_target_is_let_through_and_recorded(
    fake: Fake, tmp_path: Path
) -> None:
    code = """
    if command == "mcp list":
        first = ask("https://telemetry.example.com/batch", b"{}")
        second = ask("https://mcp.reference.test/mcp", b'{"method":"initialize","id":0}')
        third = ask("https://auth.reference.test/")
        print(f"harness: url (HTTP) - {first} {second} {third}")
    """
    record = tmp_path / "run.jsonl"
    outcome = await run(fake(ASK + code), record)
    assert [one.request.url for one in outcome.trace.exchanges] == [
        "https://mcp.reference.test/mcp"
    ]
    said = [note.text for note in outcome.trace.noted(NoteKind.DECISION)]
    # Nobody has named the authorization server yet, so it is not asked either.
    assert said == ["claude mcp list says: 502 401 502"]
    assert "telemetry" not in record.read_text()


async def test_a_login_that_says_no_before_it_ends_has_the_last_word(fake: Fake) -> None:
    code = """
    if command == "mcp list":
        ask("https://mcp.reference.test/mcp", b'{"method":"initialize","id":0}')
        print("harness: url (HTTP) - ! Needs authentication")
    if command == "mcp login":
        print("no way in", flush=True)
        os.close(1)
        os.close(2)
        time.sleep(0.3)
        os._exit(1)
    """
    outcome = await run(fake(ASK + code))
    assert outcome.trace.stop is not None
    assert outcome.trace.stop.text == "claude mcp login says: no way in"
    assert not list(outcome.trace.noted(NoteKind.ABORTED))


async def test_headers_and_secrets_are_not_written_out_in_a_command(
    fake: Fake, tmp_path: Path
) -> None:
    from harness.client.choices import Choices

    seen = tmp_path / "seen"
    code = f"open({str(seen)!r}, 'a').write(repr(sys.argv))\n"
    choices = Choices(target="", client_id="me", client_secret="hush", headers=(("X-Key", "hush"),))
    await witnessed(Plan(choices=choices), binary=fake(code), patience=IMPATIENT)
    assert "hush" not in seen.read_text()
    assert "X-Key: ${HARNESS_HEADER_0}" in seen.read_text()


async def test_an_interrupted_run_is_recorded_as_such(fake: Fake, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    logs: list[Log] = []
    record = tmp_path / "run.jsonl"
    binary = fake(HANGS.format(pids=str(pids)))
    task = asyncio.create_task(witnessed(Plan(), binary=binary, record=record, opened=logs.append))
    async with asyncio.timeout(60):
        # Another program writes the file, and nobody tells of it.
        while not pids.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert lines[0]["choices"]["witness"] == "0.0.1 (Stand-in)"
    assert lines[-2]["note"]["text"] == "the run was interrupted"
    assert "end" in lines[-1]


async def test_what_cannot_be_run_is_said_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "claude"
    broken.write_text("#!/nonexistent/interpreter\n")
    broken.chmod(0o755)
    with pytest.raises(WitnessError, match="cannot be run"):
        await run(broken)


def test_without_the_program_it_is_said_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(["check", "--witness", "claude-code"])
    assert ended.value.code == 2
    assert "@anthropic-ai/claude-code" in capsys.readouterr().err
