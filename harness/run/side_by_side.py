"""Plays several surfaces at the same time, each in a process of its own.

mitmproxy has one master per process, so a process it is. Nothing heavy is imported here: where the
system allows it, one process imports everything and the workers are forked from it.
"""

import contextlib
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from harness.model.trace import Exchange, Note
from harness.model.verdict import Surface
from harness.run.plan import Lent, Plan, borrowers
from harness.run.session import Outcome

_WORKER = "harness.run.worker"
_FAREWELL = 10.0
"""Seconds in which a worker that is stopped has closed its recording."""


class RefusedError(Exception):
    """A run could not begin or go on; the text is one sentence for the user."""


class WorkerError(Exception):
    """A worker is gone without a word; the text is one sentence for the user."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a worker is sent; it stays between our own processes."""

    plan: Plan
    folder: Path | None
    seconds: float | None
    scenarios: Path | None
    lends: bool


@dataclass(frozen=True)
class Opened:
    """A worker has begun to record."""

    recording: str


@dataclass(frozen=True)
class Done:
    """What a run came to, and the token it got where another surface waits for one."""

    outcome: Outcome
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Refused:
    """Why a run could not begin or go on."""

    text: str


@dataclass(frozen=True)
class Broken:
    """An error of our own in a worker, with its traceback."""

    text: str


type Message = Exchange | Note | Opened | Done | Refused | Broken


@dataclass
class _Team:
    """The workers, and the pipes that still have something to say."""

    processes: dict[Surface, BaseProcess]
    pipes: dict[Connection, Surface]

    def send(self, surface: Surface, job: Job | None) -> None:
        for pipe, one in self.pipes.items():
            if one is surface:
                # One that is gone shows when it is read.
                with contextlib.suppress(OSError):
                    pipe.send(job)

    def messages(self, seconds: float | None = None) -> Iterator[tuple[Surface, Message | None]]:
        """What the workers say, None for the last of each; ends early after so much silence."""
        while self.pipes:
            ready = wait(list(self.pipes), seconds)
            if not ready:
                return
            for pipe in [one for one in self.pipes if one in ready]:
                try:
                    yield self.pipes[pipe], pipe.recv()
                except (EOFError, OSError):
                    yield self.pipes.pop(pipe), None


def side_by_side(
    plan: Plan,
    surfaces: Sequence[Surface],
    *,
    folder: Path | None,
    seconds: float | None,
    scenarios: Path | None,
    watcher: Callable[[Surface, Exchange | Note], None],
    opened: Callable[[str], None],
) -> list[Outcome]:
    """The outcomes in the order of the surfaces; an interrupt ends all workers.

    Raises RefusedError and WorkerError.
    """
    last = borrowers(plan, surfaces)
    lenders = [one for one in surfaces if one not in last]
    job = Job(plan=plan, folder=folder, seconds=seconds, scenarios=scenarios, lends=bool(last))
    done: dict[Surface, Done] = {}
    with _team(surfaces, opened) as team:
        for one in lenders:
            team.send(one, replace(job, plan=replace(plan, surface=one)))
        for surface, message in team.messages():
            match message:
                case Opened():
                    opened(message.recording)
                case Done():
                    done[surface] = message
                    if last and (ready := _ready(lenders, done)):
                        for one in last:
                            own = replace(plan, surface=one, lent=ready[0])
                            team.send(one, replace(job, plan=own))
                        last = ()
                case Refused():
                    raise RefusedError(message.text)
                case Broken():
                    raise RuntimeError(message.text)
                case None if surface not in done:
                    raise WorkerError(_death(surface, team.processes[surface]))
                case Exchange() | Note():
                    watcher(surface, message)
    return [done[one].outcome for one in surfaces]


def _ready(lenders: Sequence[Surface], done: Mapping[Surface, Done]) -> tuple[Lent | None] | None:
    """What is lent, once that is settled: the token of the first surface that got one, or none."""
    for one in lenders:
        if one not in done:
            return None
        if token := done[one].token:
            return (Lent(one, token),)
    return (None,)


@contextmanager
def _team(surfaces: Sequence[Surface], opened: Callable[[str], None]) -> Iterator[_Team]:
    """A worker for each surface, waiting for its job; all are gone when the block ends."""
    context = _context()
    team = _Team({}, {})
    try:
        with _out_of_reach_of_ctrl_c():
            for surface in surfaces:
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs,), daemon=True)
                team.pipes[ours], team.processes[surface] = surface, process
                process.start()
                theirs.close()
        yield team
    finally:
        _stop(team, opened)


def _context() -> ForkServerContext | SpawnContext:
    if sys.platform != "linux":
        # Elsewhere it is not safe to fork whatever was imported.
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_WORKER])
    return context


def _stop(team: _Team, opened: Callable[[str], None]) -> None:
    """Have all workers close their recordings, and end those that do not in time."""
    try:
        for surface in list(team.pipes.values()):
            team.send(surface, None)
        for _, message in team.messages(_FAREWELL):
            if isinstance(message, Opened):
                opened(message.recording)
    finally:
        for process in team.processes.values():
            process.kill()
            process.join()


@contextmanager
def _out_of_reach_of_ctrl_c() -> Iterator[None]:
    """What starts in this block is not interrupted by the terminal, only by us."""
    # Started later, the tracker of multiprocessing would let the signal through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection) -> None:
    from harness.run.worker import work

    work(pipe)


def _death(surface: Surface, process: BaseProcess) -> str:
    process.join(_FAREWELL)
    code = process.exitcode
    how = f"exit code {code}" if code is None or code >= 0 else signal.Signals(-code).name
    return (
        f"the process that plays {surface} ended without a word ({how}); "
        f"try --surface {surface} alone"
    )
