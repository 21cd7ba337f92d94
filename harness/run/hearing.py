"""Takes in what a real client sends through the proxy, beside what its browser would send."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.client.events import Ask, Flow, Send
from harness.diagnosis.decisions import decisions
from harness.diagnosis.known import Known, learned
from harness.diagnosis.naming import named
from harness.model.captured import Captured
from harness.model.trace import Exchange, Note, NoteKind, Step, Trace
from harness.proxy.route import Route
from harness.recording.file import RecordingError
from harness.run.drive import Drive, Sender

_ABOUT = {
    "Protected resource": Step.RESOURCE_METADATA,
    "client registration": Step.REGISTRATION,
}
"""What the program only says and sends nothing for: where it would not go on."""


@dataclass
class Hearing:
    """Grows the trace of one drive; `known` says what belongs to it."""

    drive: Drive
    known: Known
    route: Route
    wire: Sender
    listening: bool = True
    sent: int = 0
    broken: RecordingError | None = None
    """Why the recording could not go on; raised by whoever runs the program."""

    def saw(self, captured: Captured) -> None:
        """Take in an exchange of the program; what belongs to no target of ours is dropped."""
        if not self.listening or not self.route.allows(captured.request.url):
            return
        exchange = named(captured, self.known, self._next)
        self.drive.trace = replace(
            self.drive.trace, exchanges=(*self.drive.trace.exchanges, exchange)
        )
        try:
            self.drive.sink(exchange)
            self._learn(exchange)
        except RecordingError as error:
            # An exception in here would only break the exchange of the program.
            self.broken = self.broken or error

    async def send(self, send: Send, _n: int, /) -> Exchange:
        """A request of the browser; meanwhile the program may have sent others."""
        self.sent += 1
        exchange = replace(await self.wire(send, self.sent), n=self._next)
        self._know(exchange)
        return exchange

    async def sign_in(self, url: str, redirect_uri: str) -> Exchange | None:
        """Sign in at an authorization URL; the exchange that reached the program, or None."""
        self.route.lead_back(redirect_uri)

        def ask() -> Flow[None]:
            yield Ask(url=url, redirect_uri=redirect_uri)

        before = self._next
        await self.drive.run(ask())
        # Decisions of the authorization request are told after it, as it is sent by a drive.
        self._tell(self.drive.trace.exchanges[before - 1 :])
        return self.drive.trace.last(Step.CALLBACK)

    def note(self, kind: NoteKind, text: str) -> None:
        """Note something at the step of the last exchange."""
        self.drive.note(Note(step=self.last_step, kind=kind, text=text))

    def stop(self, text: str, *, at: Step | None = None) -> None:
        """Note the program's last word, at the step it is about or else the furthest it came to."""
        exchanges = self.drive.trace.exchanges
        steps = [one.step for one in exchanges]
        where = at or max(steps, key=lambda step: step.position, default=Step.REACH)
        if where.position <= Step.SERVER_METADATA.position:
            where = next((step for words, step in _ABOUT.items() if words in text), where)
        failure = exchanges[-1].failure if exchanges else None
        if failure is not None and exchanges[-1].response is None:
            # The program was told of it by an answer of the proxy, which is not what it would see.
            text = f"{failure.text} (Claude Code got the proxy's 502 in its place)"
        self.drive.note(Note(step=where, kind=NoteKind.STOP, text=text))

    @property
    def last_step(self) -> Step:
        exchanges = self.drive.trace.exchanges
        return exchanges[-1].step if exchanges else Step.REACH

    @property
    def trace(self) -> Trace:
        return self.drive.trace

    @property
    def _next(self) -> int:
        return len(self.drive.trace.exchanges) + 1

    def _learn(self, exchange: Exchange) -> None:
        self._know(exchange)
        self._tell((exchange,))

    def _know(self, exchange: Exchange) -> None:
        self.known = learned(self.known, exchange)
        for url in self.known.addresses():
            self.route.allow(url)

    def _tell(self, exchanges: tuple[Exchange, ...]) -> None:
        for note in self._told(exchanges):
            self.drive.note(note)

    def _told(self, exchanges: tuple[Exchange, ...]) -> Iterator[Note]:
        for exchange in exchanges:
            yield from decisions(exchange, self.drive.trace)
