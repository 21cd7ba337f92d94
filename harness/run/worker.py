"""The process that plays one surface for `harness.run.side_by_side`."""

import asyncio
import contextlib
import traceback
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection

from harness.diagnosis.catalogue import Scenario, load, own
from harness.model.trace import Exchange, Note
from harness.proxy.engine import ProxyError
from harness.recording.file import RecordingError
from harness.run.check import checked
from harness.run.session import Log
from harness.run.side_by_side import Broken, Done, Job, Message, Opened, Refused

# Loaded once, by the process that the workers are forked from.
own()


def work(pipe: Connection) -> None:
    """Waits for a job, tells what happens and what came of it; ends when the pipe says so."""
    try:
        job = pipe.recv()
    except EOFError:
        return
    if not isinstance(job, Job):
        return

    def tell(message: Message) -> None:
        # Whoever started us may be gone; the pipe says so, and the run ends as if interrupted.
        with contextlib.suppress(OSError):
            pipe.send(message)

    try:
        tell(asyncio.run(_played(job, pipe, tell)))
    except asyncio.CancelledError:
        return
    except (RecordingError, ProxyError) as error:
        tell(Refused(str(error)))
    except BaseException as error:  # whatever it is, whoever started us has the words for it
        tell(Broken("".join(traceback.format_exception(error))))


async def _played(job: Job, pipe: Connection, tell: Callable[[Message], None]) -> Done:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    tokens: list[str] = []

    def stop() -> None:
        loop.remove_reader(pipe.fileno())
        task.cancel()

    def opened(log: Log) -> None:
        if log.trace.recording is not None:
            tell(Opened(log.trace.recording))

    # After the job nothing comes but the word to stop, or the end of who would say it.
    loop.add_reader(pipe.fileno(), stop)
    try:
        outcome = await checked(
            job.plan,
            record=None,
            folder=job.folder,
            seconds=job.seconds,
            watcher=lambda item: tell(_without_bodies(item)),
            opened=opened,
            obtained=tokens.append,
            known=_known(job),
        )
    finally:
        loop.remove_reader(pipe.fileno())
    return Done(outcome, next(iter(tokens), None) if job.lends else None)


def _known(job: Job) -> tuple[Scenario, ...]:
    more = load(job.scenarios).scenarios if job.scenarios is not None else ()
    return (*own().scenarios, *more)


def _without_bodies(item: Exchange | Note) -> Exchange | Note:
    """What shows the progress of a run; its bodies may be large."""
    if isinstance(item, Note):
        return item
    response = item.response and replace(item.response, body=b"")
    return replace(item, request=replace(item.request, body=b""), response=response)
