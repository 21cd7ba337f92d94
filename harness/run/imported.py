"""Turns what other programs captured into a trace that says where it comes from."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.diagnosis.decisions import decisions
from harness.diagnosis.ending import conclude
from harness.diagnosis.known import Known, Label, learned
from harness.diagnosis.naming import certainty, labelled, named
from harness.model.captured import Capture, Captured, CaptureError, LeftOut
from harness.model.imported import Certainty, Imported
from harness.model.token import issued_token
from harness.model.trace import Exchange, Note, Purpose, Response, Step, Trace, Voice
from harness.model.verdict import Surface
from harness.recording.marks import Head, Mark, read_head, read_mark
from harness.recording.redact import Redactor
from harness.run.endpoint import find_surface, find_target

_TOKEN = re.compile(r"(?!.*redact)[\w.~+/=-]{16,}", re.ASCII | re.IGNORECASE)
"""What a token can look like (RFC 6750 section 2.1), and no word in the place of one."""
_READ = (
    Step.RESOURCE_METADATA,
    Step.SERVER_METADATA,
    Step.REGISTRATION,
    Step.TOKEN,
)
"""Steps whose answers say nothing without their body."""
_MCP = (Step.CHALLENGE, Step.CONNECT, Step.SESSION, Step.REFRESH, Step.STEP_UP)
_FILES = ("image/", "font/", "audio/", "video/", "text/css", "text/javascript", "application/font",
          "application/javascript", "application/x-javascript", "application/wasm")  # fmt: skip
_PAGES = ("", "document", "xhr", "fetch", "other")
_HIDDEN = (
    "no request in it carries Authorization: browsers leave that header out of an export unless "
    "asked; which calls carried a token is inferred from their place"
)


def imported(
    capture: Capture, *, target: str | None = None, surface: Surface | None = None
) -> Trace:
    """The trace of a capture, without its secrets; raises CaptureError where no target is found."""
    whole = _whole(capture)
    if whole is not None and target is None:
        return _as_marked(capture, *whole, surface)
    asked = find_target(capture, target)
    played = find_surface(capture, surface)
    hearing = _Hearing(Known(target=asked.value), capture, Surface(played.value))
    for captured in capture.entries:
        hearing.take(captured)
    if not hearing.trace.exchanges:
        raise CaptureError(f"none of its exchanges belongs to {asked.value}")
    hearing.left_out.update(capture.left_out)
    about = Imported(
        form=capture.form,
        target=asked.why,
        surface=played.why,
        certainty=hearing.certainty,
        left_out={str(why): count for why, count in hearing.left_out.items() if count},
        remarks=(_HIDDEN,) if hearing.unauthorized else (),
    )
    return _without_secrets(conclude(replace(hearing.trace, imported=about)))


@dataclass
class _Hearing:
    """Grows the trace of one capture; `known` says what belongs to it."""

    known: Known
    capture: Capture
    surface: Surface

    def __post_init__(self) -> None:
        started = self.capture.entries[0].started if self.capture.entries else 0.0
        self.trace = Trace(target=self.known.target, surface=self.surface, started=started)
        self.left_out: Counter[LeftOut] = Counter()
        self.certainty: dict[int, Certainty] = {}
        authorized = ("authorization" in map(str.lower, dict(one.request.headers))
                      for one in self.capture.entries)  # fmt: skip
        self.hides = not any(authorized)
        self.exact = any(one.request.url == self.known.target for one in self.capture.entries)

    def take(self, captured: Captured) -> None:
        """Take in an exchange, or count why it is left out."""
        n = len(self.trace.exchanges) + 1
        marked = read_mark(captured)
        if marked is not None:
            exchange, sure = _marked(captured, marked, n), marked.certainty
        else:
            exchange = _plausible(self._placed(named(captured, self.known, n)))
            sure = certainty(exchange, self.known)
            if (why := _unfit(exchange, captured)) is not None:
                self.left_out[why] += 1
                return
        self.certainty[n] = sure
        exchanges = (*self.trace.exchanges, exchange)
        self.trace = replace(self.trace, exchanges=exchanges, finished=exchange.started)
        self.known = learned(self.known, exchange)
        notes = tuple(replace(one, after=n) for one in self._told(exchange))
        self.trace = replace(self.trace, notes=(*self.trace.notes, *notes))

    @property
    def unauthorized(self) -> bool:
        """True where calls were taken although none carries what they must have carried."""
        return self.hides and any(
            one.step in _MCP and one.status == 200 for one in self.trace.exchanges
        )

    def _placed(self, exchange: Exchange) -> Exchange:
        """What the classifier cannot know: whether it is Claude that asks, and with what."""
        purpose, request = exchange.purpose, exchange.request
        if purpose in (Purpose.HEAD, Purpose.PREFLIGHT):
            return replace(exchange, exploration=True)
        if exchange.step not in _MCP or purpose is Purpose.REFRESH:
            return exchange
        hosted = self.surface is Surface.CLAUDE_AI
        if hosted and exchange.voice is Voice.BROWSER and exchange.step is Step.CHALLENGE:
            return replace(exchange, purpose=Purpose.PAGE_CALL, exploration=True)
        target, moved = self.known.target, request.url in self.known.redirected
        other = request.url != target and request.url.rstrip("/") == target.rstrip("/")
        if other and self.exact and not moved:
            return replace(exchange, purpose=Purpose.OTHER_SLASH, exploration=True)
        # A 401 may as well be the answer to a call that carried none.
        taken = exchange.step is Step.CHALLENGE and exchange.status != 401
        if self.hides and taken and self._has_token():
            return replace(exchange, step=Step.CONNECT)
        return exchange

    def _has_token(self) -> bool:
        return any(
            issued_token(one.response) is not None
            for one in self.trace.exchanges
            if one.purpose in (Purpose.TOKEN, Purpose.REFRESH)
        )

    def _told(self, exchange: Exchange) -> Iterator[Note]:
        """The decisions that the exchange shows, but for those that something missing shows."""
        asked = any(self.trace.at(Step.SERVER_METADATA))
        for note in decisions(exchange, self.trace):
            guessed = note.data.get("endpoints") == "guessed" and not asked
            if not guessed and note.data.get("way") != "given":
                yield note


def _plausible(exchange: Exchange) -> Exchange:
    """Without facts about a token that the writer of the file had taken out."""
    value = issued_token(exchange.response) or ""
    if exchange.token is None or (_TOKEN.fullmatch(value) and len(set(value)) > 8):
        return exchange
    return replace(exchange, token=None)


def _unfit(exchange: Exchange, captured: Captured) -> LeftOut | None:
    """Why an exchange cannot be used, or None."""
    response = exchange.response
    if exchange.step is Step.REACH:
        return LeftOut.UNRELATED
    if exchange.purpose is Purpose.PAGE and not _is_page(captured, response):
        return LeftOut.UNRELATED
    if captured.unseen and exchange.step in _READ:
        return LeftOut.BODILESS
    # A stream that was still open when the file was written has no entry with an answer.
    open_stream = exchange.purpose is Purpose.STREAM and response is None
    return LeftOut.CANCELLED if open_stream else None


def _is_page(captured: Captured, response: Response | None) -> bool:
    """True for what a sign-in leads through, and not for what its pages are made of."""
    if captured.kind not in _PAGES:
        return False
    wanted = captured.request.header("sec-fetch-dest") or "document"
    media = response.media_type if response else ""
    return wanted in ("document", "iframe", "empty") and not media.startswith(_FILES)


def _marked(captured: Captured, found: Mark, n: int) -> Exchange:
    """The captured exchange with all that was written about it."""
    label = Label(found.step, found.purpose, found.voice)
    exchange = labelled(captured, label, n)
    response = exchange.response
    if response is not None:
        response = replace(
            response,
            wire_size=found.wire_size,
            truncated=found.truncated,
            encoding_error=found.encoding_error,
        )
    return replace(
        exchange,
        response=response,
        failure=found.failure,
        connection=found.connection,
        timing=found.timing or exchange.timing,
        started=exchange.started if found.started is None else found.started,
        token=found.token,
        exploration=found.exploration,
    )


def _whole(capture: Capture) -> tuple[Head, list[Mark]] | None:
    """What we wrote about a run, where the file holds all of it."""
    head = read_head(capture.head)
    marks = [one for one in map(read_mark, capture.entries) if one is not None]
    if (
        head is None
        or head.surface not in list(Surface)
        or not len(marks) == len(capture.entries) == head.exchanges
    ):
        return None
    numbers = sorted(one.n for one in marks)
    return (head, marks) if numbers == list(range(1, len(marks) + 1)) else None


def _as_marked(capture: Capture, head: Head, marks: list[Mark], surface: Surface | None) -> Trace:
    exchanges = [
        _marked(captured, found, found.n)
        for captured, found in zip(capture.entries, marks, strict=True)
    ]
    exchanges.sort(key=lambda one: one.n)
    about = Imported(
        form=capture.form,
        target="as the file notes it",
        surface="--surface" if surface else "as the file notes it",
        certainty={one.n: one.certainty for one in marks},
    )
    trace = Trace(
        target=head.target,
        surface=surface or head.surface,
        started=head.started,
        finished=head.finished,
        maps=head.maps,
        choices=head.choices,
        exchanges=tuple(exchanges),
        notes=head.notes,
        imported=about,
    )
    return _without_secrets(trace)


def _without_secrets(trace: Trace) -> Trace:
    """The trace as a recording of it would be; a secret is replaced also before it shows itself."""
    redactor = Redactor()
    for one in trace.exchanges:
        redactor.exchange(one)
    return replace(
        trace,
        target=redactor.url(trace.target),
        exchanges=tuple(redactor.exchange(one) for one in trace.exchanges),
        notes=tuple(redactor.note(one) for one in trace.notes),
    )
