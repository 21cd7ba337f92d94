"""Checks a server: the simulated client, live, through the proxy."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harness.client.choices import Choices, random_value
from harness.client.connect import connect
from harness.client.events import Send
from harness.diagnosis.catalogue import Scenario
from harness.model.captured import Captured
from harness.model.token import issued_token
from harness.model.trace import Exchange, Note, NoteKind, Purpose, Step, Trace
from harness.model.verdict import Surface
from harness.profiles import profile
from harness.profiles.profile import Profile
from harness.profiles.switches import switched
from harness.proxy.engine import engine
from harness.proxy.route import Route
from harness.run.drive import Drive, Sink
from harness.run.driver import Wire, wire
from harness.run.labels import label, label_judged
from harness.run.plan import Plan as Plan
from harness.run.session import Log, Outcome, Watcher, open_log

if TYPE_CHECKING:
    from harness.proxy.web import Page


class Onlooker(Protocol):
    """Looks at a run in mitmweb, which stays as long as `judged` takes."""

    def opened(self, page: "Page") -> None: ...

    async def judged(self, outcome: Outcome) -> None: ...


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
    async with placed(plan) as one, AsyncExitStack() as stack:
        choices = one.choices or Choices(target="")
        if one.lent is not None:
            bearer = ("Authorization", f"Bearer {one.lent.token}")
            choices = replace(choices, headers=(*choices.headers, bearer))
        running = await stack.enter_async_context(
            engine(
                routes=Route(dict(one.maps)),
                trusted_ca=one.ca_files,
                port=one.proxy_port,
                network=one.network,
                redirect_uri=profile(one.surface).redirect_uri,
                on_untagged=on_untagged,
            )
        )
        yield Bench(one, choices, await stack.enter_async_context(wire(running)), one.maps)


@asynccontextmanager
async def placed(plan: Plan) -> AsyncIterator[Plan]:
    """The plan with a target: its own, or the bundled server, running until the block ends."""
    if plan.choices is not None and plan.choices.target:
        yield plan
        return
    from harness.run.reference import reference

    async with reference(plan.faults) as server:
        yield replace(
            plan,
            choices=replace(plan.choices or Choices(target=""), target=server.target),
            maps=(*server.maps, *plan.maps),
            ca_files=(*server.ca_files, *plan.ca_files),
            network=plan.network or server.network,
        )


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
    if bench.plan.lent is not None:
        drive.note(_borrowed(bench.plan.lent.by))
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
    obtained: Callable[[str], None] | None = None,
    known: Sequence[Scenario] | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    onlooker: Onlooker | None = None,
) -> Outcome:
    """One check from an empty bench to the verdict, recorded as `open_log` says.

    `obtained` is handed the latest access token at the end, if the run got one.
    """
    async with bench(plan) as one, _page(one, onlooker) as page:
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
            sink = _labelling(one, page, log)
            whole = await run(one, trace, sink=sink, seconds=seconds, sleep=sleep, before=before)
        finally:
            log.close(time.time())
        if page is not None and onlooker is not None:
            label_judged(page, one.wire.ids, log.outcome(), _who(one))
            await onlooker.judged(log.outcome())
    token = latest_token(whole)
    if obtained is not None and token is not None:
        obtained(token)
    return log.outcome()


def latest_token(trace: Trace) -> str | None:
    """The newest access token of a trace that still has its secrets."""
    for one in reversed(trace.exchanges):
        issues = one.purpose in (Purpose.TOKEN, Purpose.REFRESH) and one.status == 200
        if issues and (token := issued_token(one.response)):
            return token
    return None


@asynccontextmanager
async def _page(one: Bench, onlooker: Onlooker | None) -> AsyncIterator["Page | None"]:
    if onlooker is None:
        yield None
        return
    async with one.wire.engine.page() as page:
        onlooker.opened(page)
        yield page


def _labelling(one: Bench, page: "Page | None", log: Log) -> Sink:
    def sink(item: Exchange | Note) -> None:
        log(item)
        if isinstance(item, Exchange) and page is not None:
            label(page, one.wire.ids, item, _who(one))

    return sink if page is not None else log


def _who(one: Bench) -> str:
    return f"the check as {one.plan.surface}"


def hurried(profile: Profile, patience: float) -> Profile:
    """The profile with other time limits."""
    return replace(
        profile,
        discovery_timeout=profile.discovery_timeout * patience,
        token_timeout=profile.token_timeout * patience,
        refresh_timeout=profile.refresh_timeout * patience,
        connect_timeout=profile.connect_timeout * patience,
    )


def _borrowed(by: Surface) -> Note:
    text = f"the access token is the one that {by} got in this run"
    return Note(step=Step.CHALLENGE, kind=NoteKind.DECISION, text=text, data={"token_of": str(by)})


def _aborted(trace: Trace, text: str) -> Note:
    step = trace.exchanges[-1].step if trace.exchanges else Step.REACH
    return Note(step=step, kind=NoteKind.ABORTED, text=text)
