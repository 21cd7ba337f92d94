"""What the engine tells the UI while it works."""

from dataclasses import dataclass

from harness.model.trace import Exchange, Note, Step, Trace


@dataclass(frozen=True)
class Started:
    """A run begins; `trace` is empty, `masked` is the same without secrets."""

    trace: Trace
    masked: Trace


@dataclass(frozen=True, kw_only=True)
class Sending:
    """A request is about to leave; its URL is without secrets."""

    step: Step
    method: str
    url: str
    exploration: bool = False


@dataclass(frozen=True)
class Happened:
    """An exchange or a note as it was on the wire, and the masked trace that now holds it."""

    item: Exchange | Note
    masked: Trace


@dataclass(frozen=True)
class Finished:
    """The run is over; `masked` has its end and the place of its recording."""

    masked: Trace


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """The engine could not run or go on, which says nothing about the target.

    `log` names the file with the details when the error is our own.
    """

    text: str
    ours: bool = False
    log: str | None = None


type News = Started | Sending | Happened | Finished | Trouble
