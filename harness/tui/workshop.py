"""Runs checks one after the other in one task, and keeps the proxy between them."""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.client.events import Send
from harness.model.trace import Exchange, Note
from harness.tui.news import Finished, Happened, News, Sending, Started, Trouble
from harness.tui.setup import Setup

if TYPE_CHECKING:
    from harness.run.check import Bench
    from harness.run.plan import Plan

type WriteLog = Callable[[Exception], object]
"""Writes the details of an error of our own somewhere; returns the place."""


class Workshop:
    """`tell` is called on the loop with all that happens.

    mitmproxy and httpx are imported by `live`, in a thread: the first frame does not wait for
    them.
    """

    def __init__(self, tell: Callable[[News], None], *, write_log: WriteLog | None = None) -> None:
        self._tell = tell
        self._write_log = write_log
        self._orders: asyncio.Queue[Setup] = asyncio.Queue()
        self._running: asyncio.Task[None] | None = None
        self._stop_wanted = False

    def order(self, setup: Setup) -> None:
        """Run a check; one at a time."""
        self._stop_wanted = False
        self._orders.put_nowait(setup)

    def stop(self) -> None:
        """End the run that is going, or the one that is about to start."""
        self._stop_wanted = True
        if self._running is not None:
            self._running.cancel()

    async def live(self) -> None:
        """Carry out orders until cancelled; everything it opened is closed then."""
        await asyncio.to_thread(_import_engine)
        setup = await self._orders.get()
        while True:
            setup = await self._on_one_bench(setup)

    async def _on_one_bench(self, setup: Setup) -> Setup:
        """Run orders as long as they need this bench; returns the first that does not."""
        from harness.proxy.engine import ProxyError
        from harness.recording.file import RecordingError
        from harness.run.check import bench

        try:
            async with bench(_plan(setup)) as one:
                while True:
                    await self._supervised(one, setup)
                    following = await self._orders.get()
                    if following != setup:
                        return following
        except (ProxyError, RecordingError) as error:
            self._tell(Trouble(text=str(error)))
        except OSError as error:
            self._tell(Trouble(text=f"{error.strerror or error}"))
        except Exception as error:
            log = None if self._write_log is None else str(self._write_log(error))
            self._tell(Trouble(text=f"{type(error).__name__}: {error}", ours=True, log=log))
        return await self._orders.get()

    async def _supervised(self, bench: "Bench", setup: Setup) -> None:
        """One run in a task of its own, so that stopping it leaves the bench open."""
        self._running = asyncio.create_task(self._run(bench, setup))
        try:
            if self._stop_wanted:
                self._running.cancel()
            await asyncio.wait({self._running})
            if not self._running.cancelled():
                self._running.result()
        finally:
            # Only when this task itself was cancelled is the run still going here.
            self._running.cancel()
            await asyncio.wait({self._running})
            self._running = None

    async def _run(self, bench: "Bench", setup: Setup) -> None:
        from harness.recording.file import default_path
        from harness.run.check import run, start
        from harness.run.session import Log

        trace = start(bench)
        record = None
        if setup.folder is not None:
            record = default_path(trace.target, trace.surface, trace.started, setup.folder)
        log = Log(trace, record=record, secret_headers=bench.choices.headers)
        self._tell(Started(trace, log.trace))

        def sink(item: Exchange | Note, /) -> None:
            log(item)
            self._tell(Happened(item, log.trace))

        try:
            await run(bench, trace, sink=sink, before=self._before)
        finally:
            log.close(time.time())
            self._tell(Finished(log.trace))

    async def _before(self, send: Send) -> None:
        # The query holds the secrets of a URL, and is too long for one line anyway.
        url = send.url.partition("?")[0]
        self._tell(
            Sending(step=send.step, method=send.method, url=url, exploration=send.exploration)
        )


def _import_engine() -> None:
    """About a second: mitmproxy, httpx, the reference server and the scenarios."""
    import harness.run.check
    import harness.run.reference  # noqa: F401
    from harness.diagnosis.catalogue import catalogue

    catalogue()


def _plan(setup: Setup) -> "Plan":
    from harness.diagnosis.catalogue import scenario
    from harness.run.plan import Plan

    found = [scenario(one) for one in setup.faults]
    return Plan(
        choices=setup.choices,
        surface=setup.surface,
        maps=setup.maps,
        ca_files=setup.ca_files,
        fields=setup.fields,
        faults=tuple(one for one in found if one is not None),
        proxy_port=setup.proxy_port,
    )
