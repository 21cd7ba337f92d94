"""Steps a client flow: carries out what it asks for, and tells a sink what happened."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from harness.client.events import Ask, Event, Flow, Send, Wait
from harness.login.headless import sign_in
from harness.model.trace import Exchange, Headers, Note, NoteKind, Trace


class Sender(Protocol):
    """Carries out one Send as exchange number `n`."""

    def __call__(self, send: Send, n: int, /) -> Awaitable[Exchange]: ...


class Sink(Protocol):
    """Is told each exchange and note as it happens."""

    def __call__(self, item: Exchange | Note, /) -> None: ...


@dataclass
class Drive:
    """One run of a flow; `trace` grows as it goes and is whole at any moment."""

    trace: Trace
    send: Sender
    sink: Sink
    browser_headers: Headers = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    before: Callable[[Send], Awaitable[None]] | None = None
    """Awaited before each request leaves; a pause is a `before` that takes its time."""

    async def run(self, flow: Flow[None]) -> Trace:
        """The finished trace; on cancellation the trace so far stays in `self.trace`."""
        try:
            await self._step(flow)
        finally:
            flow.close()
        return self.trace

    async def _step[T](self, flow: Flow[T]) -> T:
        reply: Exchange | None = None
        while True:
            try:
                event = flow.send(reply)
            except StopIteration as done:
                value: T = done.value
                return value
            reply = await self._carry_out(event)

    async def _carry_out(self, event: Event) -> Exchange | None:
        match event:
            case Send():
                if self.before is not None:
                    await self.before(event)
                exchange = await self.send(event, len(self.trace.exchanges) + 1)
                self.trace = replace(self.trace, exchanges=(*self.trace.exchanges, exchange))
                self.sink(exchange)
                return exchange
            case Ask():
                return await self._sign_in(event)
            case Wait():
                last = self.trace.exchanges[-1].step
                self.note(Note(step=last, kind=NoteKind.WAIT, text=event.why))
                await self.sleep(event.seconds)
                return None
            case Note():
                self.note(event)
                return None

    async def _sign_in(self, ask: Ask) -> Exchange | None:
        """The exchange the sign-in ended with; None when only a person could go on."""
        humans = len(list(self.trace.noted(NoteKind.NEEDS_HUMAN)))
        callback = await self._step(sign_in(ask, fields=self.fields, headers=self.browser_headers))
        if callback is None and len(list(self.trace.noted(NoteKind.NEEDS_HUMAN))) == humans:
            return self.trace.exchanges[-1]
        return callback

    def note(self, note: Note) -> None:
        note = replace(note, after=len(self.trace.exchanges))
        self.trace = replace(self.trace, notes=(*self.trace.notes, note))
        self.sink(note)
