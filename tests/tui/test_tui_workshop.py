"""Real runs: the engine behind the UI, from the key to the verdict, and its clean end."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from textual.pilot import Pilot
from tiny import Got, tiny
from tui_lab import screen

import harness.recording.file
import harness.run.check
from harness.client.choices import Choices
from harness.model.trace import Exchange, NoteKind, Step
from harness.model.verdict import Verdict
from harness.tui.app import HarnessApp
from harness.tui.news import Finished, Happened, News, Started, Trouble
from harness.tui.session import Stage
from harness.tui.setup import Setup
from harness.tui.workshop import Workshop


@pytest.fixture(autouse=True, scope="session")
def _own_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recordings").mkdir()
    return tmp_path


async def until(pilot: Pilot[int], holds: Callable[[], bool]) -> None:
    """Let the app go on until something holds."""
    async with asyncio.timeout(30):
        while not holds():
            await pilot.pause(0.02)
    await pilot.pause()


def done(app: HarnessApp) -> Callable[[], bool]:
    return lambda: app.session.stage is Stage.DONE and app.session.diagnosis is not None


async def test_a_run_from_the_key_to_the_verdict(folder: Path) -> None:
    app = HarnessApp(Setup(folder=folder))
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("r")
        await until(pilot, done(app))
        text = screen(app)
        assert app.session.diagnosis is not None
        assert app.session.diagnosis.verdict is Verdict.CONNECTS, text
        assert "CONNECTS" in text
        assert "10  ✓ connect" in text
        (recording,) = (folder / "recordings").iterdir()
        assert recording.name in text
        assert app.session.raw is not None
        assert app.session.masked is not None
        assert len(app.session.raw.exchanges) == len(app.session.masked.exchanges)

        await pilot.press("b", *"token-invalid-target", "enter")
        await until(pilot, done(app))
        text = screen(app)
        assert app.session.diagnosis.verdict is Verdict.FAILS
        assert "FAILS at token" in text
        assert "token-invalid-target   breaks the connection" in text
        assert app.flow.selection.step is Step.TOKEN
        assert len(list((folder / "recordings").iterdir())) == 2
        tasks = asyncio.all_tasks()
        await pilot.press("q")
    left = [one for one in asyncio.all_tasks() - {asyncio.current_task()} if not one.done()]
    assert left == []
    assert len(tasks) > 1


class Heard(list[News]):
    """What a workshop told, and a way to wait for more."""

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    def tell(self, news: News) -> None:
        self.append(news)
        self._more.set()

    async def of(self, kind: type, count: int = 1) -> None:
        async with asyncio.timeout(30):
            while sum(isinstance(one, kind) for one in self) < count:
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def workshop() -> AsyncIterator[tuple[Workshop, Heard]]:
    """A workshop at work, and what it told."""
    heard = Heard()
    one = Workshop(heard.tell, write_log=lambda error: f"log of {type(error).__name__}")
    working = asyncio.create_task(one.live())
    try:
        yield one, heard
    finally:
        working.cancel()
        await asyncio.wait({working})


async def test_the_bench_stays_while_the_setup_does(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    bench = harness.run.check.bench

    @asynccontextmanager
    async def counted(plan: object):
        opened.append(plan)
        async with bench(plan) as one:
            yield one

    monkeypatch.setattr(harness.run.check, "bench", counted)
    async with workshop() as (one, heard):
        one.order(Setup())
        await heard.of(Finished)
        one.order(Setup())
        await heard.of(Finished, 2)
        assert len(opened) == 1
        one.order(Setup(faults=("token-invalid-target",)))
        await heard.of(Finished, 3)
        assert len(opened) == 2
    assert not [news for news in heard if isinstance(news, Trouble)]


async def test_a_stopped_run_is_recorded_to_its_end_and_the_next_one_runs(folder: Path) -> None:
    async with tiny(lambda _got: None) as origin, workshop() as (one, heard):
        setup = Setup(choices=Choices(target=f"{origin}/mcp"), folder=folder)
        one.order(setup)
        await heard.of(Started)
        one.stop()
        await heard.of(Finished)
        notes = [news.item for news in heard if isinstance(news, Happened)]
        assert [note.kind for note in notes if not isinstance(note, Exchange)] == [NoteKind.ABORTED]
        (recording,) = (folder / "recordings").iterdir()
        lines = [json.loads(line) for line in recording.read_text().splitlines()]
        assert "end" in lines[-1]
        one.order(setup)
        await heard.of(Started, 2)


async def test_closing_while_a_run_goes_on_leaves_nothing(folder: Path) -> None:
    before = asyncio.all_tasks()
    async with tiny(lambda _got: None) as origin:
        async with workshop() as (one, heard):
            one.order(Setup(choices=Choices(target=f"{origin}/mcp"), folder=folder))
            await heard.of(Started)
        assert isinstance(heard[-1], Finished)
    assert asyncio.all_tasks() - before == set()


async def test_a_taken_port_is_told_in_one_sentence() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        async with workshop() as (one, heard):
            one.order(Setup(proxy_port=port))
            await heard.of(Trouble)
            (news,) = heard
            assert f"127.0.0.1:{port}" in news.text
            assert not news.ours
            one.order(Setup())
            await heard.of(Finished)


async def test_a_recording_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there.jsonl"
    there.write_text("")
    async with workshop() as (one, heard):
        with monkeypatch.context() as patch:
            patch.setattr(harness.recording.file, "default_path", lambda *_: there)
            one.order(Setup(folder=tmp_path))
            await heard.of(Trouble)
        (news,) = heard
        assert "there.jsonl exists already" in news.text
        assert not news.ours
        one.order(Setup())
        await heard.of(Finished)


async def test_an_error_of_our_own_is_logged_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(harness.run.check, "run", broken)
    async with workshop() as (one, heard):
        one.order(Setup())
        await heard.of(Trouble)
    assert heard[-1] == Trouble(text="KeyError: 'x'", ours=True, log="log of KeyError")


async def test_the_query_of_an_address_is_not_told() -> None:
    def answer(got: Got) -> bytes:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    async with tiny(answer) as origin, workshop() as (one, heard):
        one.order(Setup(choices=Choices(target=f"{origin}/mcp?key=hidden-value-1234567890")))
        await heard.of(Finished)
        masked = [news for news in heard if not isinstance(news, Started | Happened)]
        assert "hidden-value" not in repr(masked)
        (finished,) = [news for news in heard if isinstance(news, Finished)]
        assert "hidden-value" not in repr(finished.masked)
