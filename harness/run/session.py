"""One recorded run from the first request to the verdict, live or against a recording."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl

from harness.client.choices import Choices, Entropy
from harness.client.connect import connect
from harness.client.events import Send
from harness.diagnosis.catalogue import Scenario
from harness.diagnosis.diagnose import diagnose
from harness.diagnosis.ending import NOT_SEEN, conclude
from harness.model.trace import Exchange, Headers, Note, NoteKind, Step, Trace
from harness.model.verdict import Diagnosis, Surface
from harness.profiles import profile
from harness.profiles.switches import SWITCHES, switched
from harness.recording.file import Recorder, RecordingError, default_path
from harness.recording.redact import Redactor
from harness.recording.replay import Replay
from harness.run.drive import Drive

WATCHED = "watched"
"""The choice of a trace that another client than ours drove; its value is the client's name."""


@dataclass(frozen=True)
class Outcome:
    """A run as it may be shown and kept: without secrets."""

    trace: Trace
    diagnosis: Diagnosis


class Watcher(Protocol):
    """Is told each exchange and note, redacted, as it happens."""

    def __call__(self, item: Exchange | Note, /) -> None: ...


class Log:
    """Takes the events of one run, redacts them, records them, and holds the redacted trace."""

    def __init__(
        self,
        trace: Trace,
        *,
        record: Path | None,
        secret_headers: Headers = (),
        watcher: Watcher | None = None,
        known: Sequence[Scenario] | None = None,
    ) -> None:
        self._known = known
        self._redactor = Redactor(secret_headers=[name for name, _ in secret_headers])
        self._watcher = watcher
        self._recorder = None
        self.trace = replace(trace, target=self._redactor.url(trace.target))
        if record is not None:
            self._recorder = Recorder(record, self._redactor, trace)
            self.trace = replace(self.trace, recording=str(record))

    def __call__(self, item: Exchange | Note, /) -> None:
        to = self._recorder or self._redactor
        shown: Exchange | Note
        if isinstance(item, Exchange):
            shown = to.exchange(item)
            self.trace = replace(self.trace, exchanges=(*self.trace.exchanges, shown))
        else:
            shown = to.note(item)
            self.trace = replace(self.trace, notes=(*self.trace.notes, shown))
        if self._watcher is not None:
            self._watcher(shown)

    def close(self, finished: float | None) -> None:
        self.trace = replace(self.trace, finished=finished)
        if self._recorder is not None:
            self._recorder.close(finished)

    def outcome(self) -> Outcome:
        return Outcome(self.trace, diagnose(self.trace, self._known))


def open_log(
    trace: Trace,
    *,
    record: Path | None,
    folder: Path | None,
    label: str,
    secret_headers: Headers,
    watcher: Watcher | None = None,
    opened: Callable[[Log], None] | None = None,
    known: Sequence[Scenario] | None = None,
) -> Log:
    """The log of a run: to `record`, or to a new file for `folder`, or to none.

    `opened` is handed it before the first request, so that a caller who is interrupted knows what
    was kept; `label` goes into the name of a new file.
    """
    if record is None and folder is not None:
        record = default_path(trace.target, label, trace.started, folder)
    log = Log(trace, record=record, secret_headers=secret_headers, watcher=watcher, known=known)
    if opened is not None:
        opened(log)
    return log


def judged(recording: Trace, *, known: Sequence[Scenario] | None = None) -> Outcome:
    """The recorded run as it is; raises RecordingError for a surface of no version we know."""
    _surface(recording)
    if WATCHED not in recording.choices:
        return Outcome(recording, diagnose(recording, known))
    end = foretold(recording)
    trace = end or conclude(recording, absent=NOT_SEEN)
    return Outcome(trace, diagnose(trace, known))


def foretold(watched: Trace) -> Trace | None:
    """A connection that ended with the metadata, and why: our client reads the same answers.

    None where it went further, or where our client would go further too.
    """
    furthest = max((one.step.position for one in watched.exchanges), default=0)
    own = (Surface.CLAUDE_AI, Surface.CLAUDE_CODE)
    metadata = (Step.RESOURCE_METADATA.position, Step.SERVER_METADATA.position)
    if watched.surface not in own or furthest not in metadata:
        return None
    quiet = replace(watched, choices={**watched.choices, "explores": False})
    played, answers = _at_once(replayed(quiet, known=()))
    stop = played.trace.stop
    if stop is None or answers.missing:
        return None
    decided = [one for one in played.trace.notes if one.step.position > furthest]
    said = replace(stop, text=f"{stop.text}, as our Claude reads the same answers")
    notes = [one for one in decided if one is not stop] + [said]
    after = len(watched.exchanges)
    return replace(watched, notes=(*watched.notes, *(replace(one, after=after) for one in notes)))


def _at_once[T](run: Coroutine[None, None, T]) -> T:
    """The result of a run that waits for nothing."""
    try:
        run.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    raise AssertionError("a run against a recording has nothing to wait for")


def _surface(recording: Trace) -> Surface:
    try:
        return Surface(recording.surface)
    except ValueError as error:
        raise RecordingError(f"{recording.recording}, line 1: {error}") from None


async def replayed(
    recording: Trace, *, known: Sequence[Scenario] | None = None
) -> tuple[Outcome, Replay]:
    """Run the client against recorded answers; nothing is sent anywhere.

    Raises RecordingError where the recorded choices are none of this version.
    """
    replay = Replay(recording)
    choices = recorded_choices(recording)
    # A switch of a later version is left out: what differs then shows in the answers.
    switches = [one for one in choices.switches if one in SWITCHES]
    surface = switched(profile(_surface(recording)), switches)
    values = replay.random_values()

    unanswered: list[Send] = []

    async def answer(send: Send, n: int) -> Exchange:
        missing = len(replay.missing)
        found = replace(replay.answer(send), n=n)
        if len(replay.missing) > missing and not send.exploration:
            unanswered.append(send)
        return found

    async def no_wait(_seconds: float) -> None:
        return None

    trace = replace(recording, exchanges=(), notes=())
    log = Log(trace, record=None, known=known)
    drive = Drive(
        trace=trace,
        send=answer,
        sink=log,
        browser_headers=surface.browser_headers,
        fields=_typed(recording),
        sleep=no_wait,
    )
    await drive.run(connect(surface, choices, _from(values)))
    if unanswered and log.trace.stop is not None:
        # It may have stopped for want of an answer, which says nothing of the server.
        last = unanswered[-1]
        text = f"the recording has no answer to {last.method} {last.url.partition('?')[0]}"
        drive.note(Note(step=last.step, kind=NoteKind.ABORTED, text=text))
    log.close(recording.finished)
    return log.outcome(), replay


def recorded_choices(recording: Trace) -> Choices:
    """The choices of the recorded run; a header's value is a placeholder, as it was recorded."""
    try:
        choices = Choices.from_json(recording.target, recording.choices)
    except ValueError as error:
        raise RecordingError(f"{recording.recording}, line 1: {error}") from None
    if not recording.exchanges:
        return choices
    first = recording.exchanges[0].request
    headers = tuple((name, first.header(name) or "") for name, _ in choices.headers)
    return replace(choices, headers=headers)


def _typed(recording: Trace) -> dict[str, str]:
    """What was entered into the forms of the recorded sign-in; secrets are placeholders."""
    values: dict[str, str] = {}
    for exchange in recording.at(Step.LOGIN):
        values.update(parse_qsl(exchange.request.text, keep_blank_values=True))
    return values


def _from(values: dict[str, list[str]]) -> Entropy:
    """The random values of a recorded run in their order; a name it lacks stands for itself."""

    def value(name: str, /) -> str:
        left = values.get(name)
        return left.pop(0) if left else name

    return value
