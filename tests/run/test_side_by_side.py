"""Several surfaces at the same time: all hold together, one lends its token, nobody is left."""

import asyncio
import json
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tiny import Answer, Got, healthy, http, tiny

from harness.client.choices import Choices
from harness.model.trace import NoteKind, Trace
from harness.model.verdict import Surface
from harness.profiles import SURFACES
from harness.recording.file import load
from harness.run.plan import Plan, borrowers

ALL = ("--surface", "all")
SIGNING_IN = 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recordings").mkdir()
    return tmp_path


@asynccontextmanager
async def harness(folder: Path, *arguments: str, **more: Any) -> Any:
    """A running check in a process group of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "harness", "check", *arguments),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        **more,
    )
    try:
        yield process
    finally:
        for pid in group(process.pid):
            os.kill(pid, signal.SIGKILL)


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), 90)
    return process.returncode, out.decode(), err.decode()


async def checked(folder: Path, *arguments: str, **more: Any) -> tuple[int | None, str, str]:
    async with harness(folder, *arguments, **more) as process:
        return await ended(process)


def group(leader: int) -> list[int]:
    """The processes of a group that are still running."""
    return [
        int(path.name)
        for path in Path("/proc").iterdir()
        if path.name.isdigit() and _in(path, leader)
    ]


def _in(path: Path, leader: int) -> bool:
    try:
        state, _parent, group, *_ = (path / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return state != "Z" and int(group) == leader


def nobody_left(leader: int) -> bool:
    """Waits for the processes of a group to end, ten seconds for each."""
    for pid in group(leader):
        try:
            watched = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ready, _, _ = select.select([watched], [], [], 10)
        os.close(watched)
        if not ready:
            return False
    return True


def recorded(folder: Path) -> Iterator[Trace]:
    for path in sorted((folder / "recordings").iterdir()):
        yield load(path)


def of(folder: Path, surface: Surface) -> Trace:
    return next(one for one in recorded(folder) if one.surface == surface)


def with_tokens(refused: str = "nobody") -> Callable[[Got], Answer]:
    """A server whose tokens say which program they were given to."""

    def handler(got: Got) -> Answer:
        if got.path != "/token":
            return healthy(got)
        program = got.headers["user-agent"].partition("/")[0]
        if program == refused:
            return http(400, {"error": "invalid_grant"})
        issued = {"access_token": f"hushed-token-for-{program}", "refresh_token": "rt-1"}
        return http(200, {**issued, "token_type": "Bearer"})

    return handler


async def test_they_run_at_the_same_time_and_are_reported_in_order(folder: Path) -> None:
    here, all_here = 0, asyncio.Event()

    async def handler(got: Got) -> Answer:
        nonlocal here
        if got.path == "/token" and not all_here.is_set():
            here += 1
            if here == SIGNING_IN:
                all_here.set()
            # Nobody is answered before the last one asks.
            await all_here.wait()
        return with_tokens()(got)

    async with tiny(handler) as origin:
        code, out, err = await checked(folder, f"{origin}/mcp", *ALL, "--format", "json")
    assert err == ""
    assert code == 0
    report = json.loads(out)
    assert [one["surface"] for one in report["surfaces"]] == list(map(str, SURFACES))
    assert {one["verdict"] for one in report["surfaces"]} == {"connects"}


@pytest.mark.parametrize(
    ("refused", "lender", "program"),
    [
        ("nobody", Surface.CLAUDE_AI, "python-httpx"),
        ("python-httpx", Surface.CLAUDE_CODE, "claude-code"),
    ],
)
async def test_the_first_that_has_a_token_lends_it(
    refused: str, lender: Surface, program: str, folder: Path
) -> None:
    sent: list[str] = []

    def handler(got: Got) -> Answer:
        sent.append(got.headers.get("authorization", ""))
        return with_tokens(refused)(got)

    async with tiny(handler) as origin:
        _, out, err = await checked(folder, f"{origin}/mcp", *ALL, "-v")
    trace = of(folder, Surface.MESSAGES_API)
    assert trace.decision(trace.exchanges[0].step, "token_of") == lender
    assert sent[-1] == f"Bearer hushed-token-for-{program}"
    kept = [path.read_text() for path in (folder / "recordings").iterdir()]
    assert len(kept) == len(SURFACES)
    assert not [text for text in (out, err, *kept) if "hushed" in text]


async def test_nothing_is_lent_where_nobody_got_a_token(folder: Path) -> None:
    async with tiny(lambda got: http(500)) as origin:
        code, _, err = await checked(folder, f"{origin}/mcp", *ALL)
    assert (code, err) == (1, "")
    trace = of(folder, Surface.MESSAGES_API)
    assert not [one for one in trace.exchanges if one.request.header("authorization")]


async def test_ctrl_c_ends_all_and_keeps_what_was_recorded(folder: Path) -> None:
    async with hanging() as (origin, all_hang), harness(folder, f"{origin}/mcp", *ALL) as process:
        await asyncio.wait_for(all_hang.wait(), 60)
        os.killpg(process.pid, signal.SIGINT)
        code, out, err = await ended(process)
        assert nobody_left(process.pid)
    assert (code, out) == (130, "")
    first, *files = err.splitlines()
    assert first == "harness: interrupted; recorded in"
    assert sorted(map(str.strip, files)) == sorted(
        f"recordings/{path.name}" for path in (folder / "recordings").iterdir()
    )
    assert len(files) == SIGNING_IN
    assert_interrupted(folder)


async def test_workers_do_not_outlive_whoever_started_them(folder: Path) -> None:
    async with hanging() as (origin, all_hang), harness(folder, f"{origin}/mcp", *ALL) as process:
        await asyncio.wait_for(all_hang.wait(), 60)
        process.kill()
        code, _, err = await ended(process)
        assert nobody_left(process.pid)
    assert (code, err) == (-signal.SIGKILL, "")
    assert_interrupted(folder)


async def test_a_worker_that_dies_is_one_sentence(folder: Path) -> None:
    more = with_scenario(folder, "os.kill(os.getpid(), signal.SIGKILL)")
    async with (
        tiny(healthy) as origin,
        harness(folder, f"{origin}/mcp", *ALL, *more) as process,
    ):
        code, out, err = await ended(process)
        assert nobody_left(process.pid)
    assert (code, out) == (3, "")
    assert err.startswith("harness: the process that plays claude-code ended without a word")
    assert "(SIGKILL)" in err
    assert "Traceback" not in err


async def test_an_error_of_our_own_in_a_worker_names_its_log(folder: Path) -> None:
    more = with_scenario(folder, "sys.exit('from within')")
    own = {"env": {**os.environ, "TMPDIR": str(folder)}}
    async with tiny(healthy) as origin:
        code, out, err = await checked(folder, f"{origin}/mcp", *ALL, *more, **own)
    assert (code, out) == (3, "")
    assert "Traceback" not in err
    assert "from within" in log_of(folder, err)


async def test_what_cannot_be_recorded_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    more = {"env": {**os.environ, "XDG_DATA_HOME": str(tmp_path / "file")}}
    async with tiny(healthy) as origin:
        code, out, err = await checked(tmp_path, f"{origin}/mcp", *ALL, **more)
    assert (code, out) == (2, "")
    assert "cannot write the recording" in " ".join(err.split())
    assert "Traceback" not in err


def test_the_users_own_token_goes_first_and_a_deep_check_lends_none() -> None:
    url = "https://mcp.example.com/mcp"
    assert borrowers(Plan(), SURFACES) == (Surface.MESSAGES_API,)
    given = Choices(target=url, headers=(("authorization", "Bearer mine"),))
    assert borrowers(Plan(choices=given), SURFACES) == ()
    assert borrowers(Plan(choices=Choices(target=url, deep=True)), SURFACES) == ()


@asynccontextmanager
async def hanging() -> Any:
    """A server that answers no token request; and what is set once all surfaces wait for one."""
    waiting, all_hang = 0, asyncio.Event()

    def handler(got: Got) -> Answer:
        nonlocal waiting
        if got.path != "/token":
            return healthy(got)
        waiting += 1
        if waiting == SIGNING_IN:
            all_hang.set()
        return None

    async with tiny(handler) as origin:
        yield origin, all_hang


def assert_interrupted(folder: Path) -> None:
    for trace in recorded(folder):
        assert next(trace.noted(NoteKind.ABORTED)).text == "the run was interrupted"
        assert trace.finished is not None


def log_of(folder: Path, err: str) -> str:
    (log,) = folder.glob("harness-*.log")
    assert str(log) in err
    return log.read_text()


def with_scenario(folder: Path, does: str) -> tuple[str, str]:
    """The option for a scenario file that does this where Claude Code is played."""
    scenarios = folder / "scenarios"
    scenarios.mkdir()
    (scenarios / "deadly.py").write_text(DEADLY + f"        {does}\n    return ()\n")
    return "--scenarios", str(scenarios)


DEADLY = '''"""A file that takes its process with it.

What happens
    It ends.
Why it breaks
    It says so.
Fix
    Leave it out.
"""

import os
import signal
import sys

from harness.diagnosis.pattern import Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface

pattern = Pattern(
    step=Step.REACH,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_CODE: Impact.ADVISORY},
    confidence=Confidence.GUESS,
    sources=(Source("https://example.com", seen="2026-11-23"),),
)


@pattern.detect
def detect(trace):
    if trace.surface == "claude-code":
'''
