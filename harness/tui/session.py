"""The state of the UI: one run as far as it has come, folded from the engine's news."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from harness.diagnosis.ladder import ladder
from harness.model.trace import Exchange, Note, NoteKind, Step, Trace
from harness.model.verdict import Diagnosis, Finding, StepResult, Unmet
from harness.tui.news import Finished, Happened, News, Sending, Started, Trouble
from harness.tui.setup import Setup

type Problem = Finding | Unmet
"""A recognised failure, or a contract row that no known failure explains."""


class Stage(StrEnum):
    READY = "ready"
    STARTING = "starting"
    LIVE = "live"
    STOPPING = "stopping"
    DONE = "done"

    @property
    def busy(self) -> bool:
        return self in (Stage.STARTING, Stage.LIVE, Stage.STOPPING)


@dataclass(frozen=True, kw_only=True)
class Session:
    """`raw` holds what was on the wire and stays in memory; all else is made from `masked`."""

    setup: Setup
    stage: Stage = Stage.READY
    raw: Trace | None = None
    masked: Trace | None = None
    sending: Sending | None = None
    diagnosis: Diagnosis | None = None
    trouble: Trouble | None = None

    @property
    def steps(self) -> tuple[StepResult, ...]:
        if self.diagnosis is not None:
            return self.diagnosis.steps
        return ladder(self.masked or Trace(target="", surface=self.setup.surface))

    @property
    def problems(self) -> tuple[Problem, ...]:
        return problems(self.diagnosis) if self.diagnosis else ()

    def noted(self, kind: NoteKind) -> Note | None:
        return next(self.masked.noted(kind), None) if self.masked else None

    @property
    def current(self) -> Step | None:
        """The step the run is at."""
        if self.sending is not None and not self.sending.exploration:
            return self.sending.step
        sent = [one for one in self.masked.exchanges if not one.exploration] if self.masked else []
        return sent[-1].step if sent else None


def problems(diagnosis: Diagnosis) -> tuple[Problem, ...]:
    """Worst first, the root cause before all of its weight, the unexplained after the known."""
    found: Sequence[Problem] = (*diagnosis.findings, *diagnosis.unexplained)
    return tuple(sorted(found, key=lambda one: one.impact.severity))


def ordered(session: Session) -> Session:
    """A run was asked for: what is known of the last one goes."""
    return Session(setup=session.setup, stage=Stage.STARTING)


def told(session: Session, news: News) -> Session:
    """The session after a piece of news; the diagnosis is added by whoever can afford it."""
    match news:
        case Started():
            return replace(
                session,
                stage=Stage.STOPPING if session.stage is Stage.STOPPING else Stage.LIVE,
                raw=news.trace,
                masked=news.masked,
            )
        case Sending():
            return replace(session, sending=news)
        case Happened():
            return replace(
                session, raw=_grown(session.raw, news.item), masked=news.masked, sending=None
            )
        case Finished():
            return replace(session, stage=Stage.DONE, masked=news.masked, sending=None)
        case Trouble():
            return replace(session, stage=Stage.DONE, trouble=news, sending=None)


def _grown(trace: Trace | None, item: Exchange | Note) -> Trace | None:
    if trace is None:
        return None
    if isinstance(item, Exchange):
        return replace(trace, exchanges=(*trace.exchanges, item))
    return replace(trace, notes=(*trace.notes, item))
