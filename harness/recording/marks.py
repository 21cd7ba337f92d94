"""What we write about our exchanges into files of other formats, and find in them again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.model.captured import Captured
from harness.model.imported import Certainty
from harness.model.trace import (
    Connection,
    Exchange,
    Failure,
    Json,
    Note,
    Purpose,
    Step,
    Timing,
    TokenFacts,
    Trace,
    Voice,
)
from harness.recording.codec import CodecError, decode, encode

_LAST_MOMENT = 2**33
"""Seconds since the epoch: what is later is no time of a run."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What the formats of others have no place for in one exchange."""

    n: int
    step: Step
    purpose: Purpose
    voice: Voice
    exploration: bool = False
    failure: Failure | None = None
    connection: Connection | None = None
    timing: Timing | None = None
    started: float | None = None
    """Exactly; the formats of others round it."""
    wire_size: int = 0
    token: TokenFacts | None = None
    truncated: bool = False
    encoding_error: str | None = None
    certainty: Certainty = Certainty.SURE
    """Of the name, where the exchange had been captured by others before."""
    findings: tuple[str, ...] = ()
    """Only for the reader: they are found anew from the exchanges."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """What they have no place for in a whole run."""

    target: str
    surface: str
    exchanges: int
    started: float = 0.0
    finished: float | None = None
    maps: tuple[tuple[str, str], ...] = ()
    choices: Mapping[str, Json] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def mark(exchange: Exchange, findings: tuple[str, ...], certainty: Certainty) -> Json:
    """The mark of an exchange, which is evidence of some findings."""
    response = exchange.response
    return encode(
        Mark(
            n=exchange.n,
            step=exchange.step,
            purpose=exchange.purpose,
            voice=exchange.voice,
            exploration=exchange.exploration,
            failure=exchange.failure,
            connection=exchange.connection,
            timing=exchange.timing,
            started=exchange.started,
            wire_size=response.wire_size if response else 0,
            token=exchange.token,
            truncated=response is not None and response.truncated,
            encoding_error=response.encoding_error if response else None,
            certainty=certainty,
            findings=findings,
        )
    )


def head(trace: Trace) -> Json:
    """The head of a run."""
    return encode(
        Head(
            target=trace.target,
            surface=trace.surface,
            exchanges=len(trace.exchanges),
            started=trace.started,
            finished=trace.finished,
            maps=trace.maps,
            choices=trace.choices,
            notes=trace.notes,
        )
    )


def read_mark(captured: Captured) -> Mark | None:
    """The mark of a captured exchange; None where there is none that this version understands."""
    try:
        found: Mark = decode(Mark, captured.mark, "_harness")
    except CodecError:
        return None
    if found.started is not None and not 0 <= found.started < _LAST_MOMENT:
        return None
    return found


def read_head(value: Json) -> Head | None:
    """The head of a file; None where there is none that this version understands."""
    try:
        found: Head = decode(Head, value, "_harness")
    except CodecError:
        return None
    times = (found.started, found.finished or found.started)
    return found if all(0 <= one < _LAST_MOMENT for one in times) else None
