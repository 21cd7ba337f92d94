"""Checks a server: the simulated client, live, through the proxy."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.client.choices import Choices, random_value
from harness.client.connect import connect
from harness.client.events import Send
from harness.diagnosis.catalogue import Scenario
from harness.model.captured import Captured
from harness.model.network import Network
from harness.model.trace import Note, NoteKind, Step, Trace
from harness.model.verdict import Surface
from harness.profiles import profile
from harness.profiles.profile import Profile
from harness.profiles.switches import switched
from harness.proxy.engine import engine
from harness.proxy.route import Route
from harness.run.drive import Drive, Sink
from harness.run.driver import Wire, wire
from harness.run.session import Log, Outcome, Watcher, open_log


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to check, and how; no target means the bundled reference server."""

    choices: Choices | None = None
    surface: Surface = Surface.CLAUDE_AI
    maps: tuple[tuple[str, str], ...] = ()
    ca_files: tuple[Path, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Scenario, ...] = ()
    proxy_port: int = 0
    network: Network | None = None
    """Faults of DNS and connections, caused on purpose."""
    patience: float = 1.0
    """The surface's time limits are multiplied by it; 1 is Claude's own patience."""


@dataclass(frozen=True)
class Bench:
    """A running proxy, and the reference server behind it when it is the target."""

    plan: Plan
    choices: Choices
    wire: Wire
    maps: tuple[tuple[str, str], ...]


@asynccontextmanager
async def bench(
    plan: Plan, *, on_untagged: Callable[[Captured], None] | None = None
) -> AsyncIterator[Bench]:
    """Everything a check needs, running until the block ends.

    `on_untagged` is told what another program than our own client sends through the proxy.
    """
    async with AsyncExitStack() as stack:
        maps, ca_files, choices = plan.maps, plan.ca_files, plan.choices
        network = plan.network
        if choices is None or not choices.target:
            from harness.run.reference import reference

            server = await stack.enter_async_context(reference(plan.faults))
            maps, ca_files = (*server.maps, *maps), (*server.ca_files, *ca_files)
            network = network or server.network
            choices = replace(choices or Choices(target=""), target=server.target)
        routes = Route(dict(maps))
        running = await stack.enter_async_context(
            engine(
                routes=routes,
                trusted_ca=ca_files,
                port=plan.proxy_port,
                network=network,
                redirect_uri=profile(plan.surface).redirect_uri,
                on_untagged=on_untagged,
            )
        )
        yield Bench(plan, choices, await stack.enter_async_context(wire(running)), maps)


def start(bench: Bench) -> Trace:
    """The empty trace of a run on this bench."""
    return Trace(
        target=bench.choices.target,
        surface=bench.plan.surface,
        started=time.time(),
        maps=bench.maps,
        choices=bench.choices.as_json(),
    )


async def run(
    bench: Bench,
    trace: Trace,
    *,
    sink: Sink,
    seconds: float | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    before: Callable[[Send], Awaitable[None]] | None = None,
) -> Trace:
    """One check of at most so many seconds; a run that is cut off is noted as such."""
    own = switched(profile(bench.plan.surface), bench.choices.switches)
    surface = hurried(own, bench.plan.patience)
    drive = Drive(
        trace=trace,
        send=bench.wire,
        sink=sink,
        browser_headers=surface.browser_headers,
        fields=bench.plan.fields,
        sleep=sleep,
        before=before,
    )
    try:
        async with asyncio.timeout(seconds):
            await drive.run(connect(surface, bench.choices, random_value))
    except TimeoutError:
        drive.note(_aborted(drive.trace, f"the run took longer than {seconds:g} seconds"))
    except asyncio.CancelledError:
        drive.note(_aborted(drive.trace, "the run was interrupted"))
        raise
    return replace(drive.trace, finished=time.time())


async def checked(
    plan: Plan,
    *,
    record: Path | None,
    folder: Path | None = None,
    seconds: float | None = None,
    watcher: Watcher | None = None,
    before: Callable[[Send], Awaitable[None]] | None = None,
    opened: Callable[[Log], None] | None = None,
    known: Sequence[Scenario] | None = None,
) -> Outcome:
    """One check from an empty bench to the verdict, recorded as `open_log` says."""
    async with bench(plan) as one:
        trace = start(one)
        log = open_log(
            trace,
            record=record,
            folder=folder,
            label=trace.surface,
            secret_headers=one.choices.headers,
            watcher=watcher,
            opened=opened,
            known=known,
        )
        try:
            await run(one, trace, sink=log, seconds=seconds, before=before)
        finally:
            log.close(time.time())
    return log.outcome()


def hurried(profile: Profile, patience: float) -> Profile:
    """The profile with other time limits."""
    return replace(
        profile,
        discovery_timeout=profile.discovery_timeout * patience,
        token_timeout=profile.token_timeout * patience,
        refresh_timeout=profile.refresh_timeout * patience,
        connect_timeout=profile.connect_timeout * patience,
    )


def _aborted(trace: Trace, text: str) -> Note:
    step = trace.exchanges[-1].step if trace.exchanges else Step.REACH
    return Note(step=step, kind=NoteKind.ABORTED, text=text)
