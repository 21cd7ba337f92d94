"""Listens in front of a server to the clients that connect, one trace for each attempt."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.diagnosis.attempts import Attempt, Attempts, page
from harness.diagnosis.catalogue import Scenario
from harness.diagnosis.classify import is_call
from harness.diagnosis.decisions import decisions
from harness.diagnosis.known import Known, learned
from harness.diagnosis.naming import named
from harness.model.captured import Captured
from harness.model.trace import Exchange, Note, Trace
from harness.model.wellknown import resource_path
from harness.run.session import WATCHED, Log, Outcome, judged, open_log

MOST = 2000
"""Exchanges of one attempt that are kept; good calls beyond are passed on and counted."""


@dataclass
class Watched:
    """One attempt as it is heard."""

    attempt: Attempt
    trace: Trace
    known: Known
    log: Log
    told: int = 0
    """How many exchanges there were when it was last told about."""
    more: int = 0
    """Good calls that were not kept."""
    ids: dict[int, str] = field(default_factory=dict)
    """What the proxy knows each exchange by."""

    @property
    def who(self) -> str:
        return f"attempt {self.attempt.number}, {self.attempt.client}"

    def outcome(self, scenarios: Sequence[Scenario] | None = None) -> Outcome:
        """What can be said by now."""
        return judged(self.log.trace, known=scenarios)


@dataclass
class Watch:
    """What was heard since the start; `on_exchange` is told each exchange that plays a part.

    Of the exchanges that are no part of a connection only the clients are counted, in `others`.
    """

    public: str
    """What the address of the endpoint is taken for until a call of MCP shows it."""
    record: Path | None = None
    folder: Path | None = None
    scenarios: Sequence[Scenario] | None = None
    on_exchange: Callable[[Watched, Exchange], None] = lambda _watched, _exchange: None
    path: str | None = None
    """The path of the endpoint, where it is known beforehand."""
    found: dict[int, Watched] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)
    heard: float | None = None
    """When the last exchange of an attempt began, in seconds since the epoch."""
    broken: Exception | None = None
    """Why nothing more is taken in; the proxy goes on all the same."""

    def __post_init__(self) -> None:
        self.attempts = Attempts(self.path)

    def saw(self, captured: Captured) -> None:
        """Take in one exchange; whatever goes wrong here never breaks it."""
        if self.broken is not None:
            return
        try:
            self._take(captured)
        except Exception as error:
            self.broken = error

    def quiet(self, now: float, *, seconds: float) -> list[Watched]:
        """The attempts that have been silent for so long, each once per time it falls silent."""
        found = []
        for one in self.found.values():
            size = len(one.trace.exchanges)
            if size > one.told and now - one.attempt.last >= seconds:
                one.told = size
                found.append(one)
        return found

    def close(self) -> None:
        for one in self.found.values():
            one.log.close(one.attempt.last)

    def _take(self, captured: Captured) -> None:
        attempt = self.attempts.place(captured)
        if attempt is None:
            agent = captured.request.header("user-agent") or "without a name"
            if len(self.others) < 500 or agent in self.others:
                self.others[agent] += 1
            return
        self.heard = captured.started
        one = self.found.get(attempt.number)
        if one is None:
            one = self.found[attempt.number] = self._opened(attempt, captured)
        one.known = _with_target(one.known, captured)
        # How our proxy reached the server says nothing about the way from Claude to it.
        here = replace(captured, connection=None)
        exchange = named(here, one.known, len(one.trace.exchanges) + 1)
        # What it hands out leads later requests here, kept or not.
        one.known = learned(one.known, exchange)
        self.attempts.learn(attempt, exchange)
        if exchange.n > MOST and exchange.status is not None and exchange.status < 400:
            one.more += 1
            return
        one.trace = replace(one.trace, exchanges=(*one.trace.exchanges, exchange))
        one.ids[exchange.n] = captured.id
        one.log(exchange)
        for note in decisions(exchange, one.trace):
            told: Note = replace(note, after=exchange.n)
            one.trace = replace(one.trace, notes=(*one.trace.notes, told))
            one.log(told)
        self.on_exchange(one, exchange)

    def _opened(self, attempt: Attempt, captured: Captured) -> Watched:
        target = _target(captured) or self.public
        trace = Trace(
            target=target,
            surface=attempt.surface,
            started=captured.started,
            choices={WATCHED: attempt.client},
        )
        first = attempt.number == 1
        log = open_log(
            trace,
            record=self.record if first else _numbered(self.record, attempt.number),
            folder=self.folder,
            label=f"{attempt.surface}-watched",
            secret_headers=(),
            known=self.scenarios,
        )
        return Watched(attempt, trace, Known(target=target), log)


def _target(captured: Captured) -> str | None:
    """The endpoint, where a request is one to it or to its metadata."""
    request = captured.request
    return page(request) if is_call(request) else resource_path(request.url)


def _with_target(known: Known, captured: Captured) -> Known:
    """A call of MCP to another address shows that the endpoint was taken for the wrong one."""
    where = page(captured.request)
    moved = where in known.redirected or where.rstrip("/") == known.target.rstrip("/")
    return replace(known, target=where) if is_call(captured.request) and not moved else known


def _numbered(path: Path | None, number: int) -> Path | None:
    return path.with_stem(f"{path.stem}-{number}") if path else None
