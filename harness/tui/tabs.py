"""The tabs of the detail, for what is selected."""

from collections.abc import Sequence

from textual.content import Content

from harness.diagnosis.contract import contract
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Unmet
from harness.tui.exchange_text import exchange_laid
from harness.tui.expected import expected_lines, met_count
from harness.tui.keys import Glyphs
from harness.tui.lines import joined, styled, wrapped
from harness.tui.panes.detail import Tab
from harness.tui.panes.text import Laid
from harness.tui.selection import Selection, evidence_of
from harness.tui.session import Session
from harness.tui.timing import timing_lines
from harness.tui.tones import MUTED
from harness.tui.words import milliseconds


def tabs(
    session: Session,
    selection: Selection,
    exchange: Exchange | None,
    *,
    exact: bool,
    glyphs: Glyphs,
) -> tuple[Tab, ...]:
    """HTTP, Expected and Timing; without a selected step the first lists all exchanges."""
    http = _http(session, selection, exchange, exact=exact)
    timing = _said("No exchange is selected.")
    if exchange is not None:
        timing = Tab("Timing", lambda width: Laid(timing_lines(exchange, width)))
    return (http, _expected(session, selection.step, glyphs), Tab("Timing", timing.make))


def caption(exchange: Exchange | None, found: Sequence[Exchange]) -> str:
    """Which exchange of the step is shown."""
    if exchange is None:
        return ""
    at = [one.n for one in found].index(exchange.n) + 1
    tail = ", only to explore" if exchange.exploration else ""
    return f"exchange {at} of {len(found)}{tail}"


def _http(session: Session, selection: Selection, exchange: Exchange | None, *, exact: bool) -> Tab:
    if exchange is not None:
        evidence = evidence_of(session, selection)
        return Tab(
            "HTTP", lambda width: exchange_laid(exchange, evidence, exact=exact, width=width)
        )
    trace = session.masked
    if selection.step is None and trace is not None and trace.exchanges:
        return Tab("HTTP", lambda width: Laid(traffic_lines(trace, width)))
    if session.stage.busy:
        return _said("No answer yet.")
    if selection.step is not None and trace is not None:
        return _said("No request was needed at this step, or it was not reached.")
    return _said("No exchange yet. r runs the check.")


def traffic_lines(trace: Trace, width: int) -> list[Content]:
    """All exchanges of a run, one line each."""
    return [_traffic_line(one, width) for one in trace.exchanges]


def _traffic_line(one: Exchange, width: int) -> Content:
    status = str(one.status) if one.status is not None else "-"
    tone = MUTED if one.exploration else ""
    url = one.request.url.partition("?")[0]
    left = Content.assemble(
        (f"{one.n:>3} ", MUTED),
        (f"{one.step:<18}", tone),
        (f"{status:<4}", f"bold {tone}"),
        styled(f"{one.request.method} {url}", tone),
    )
    return joined(left, Content.styled(milliseconds(one.timing.total), MUTED), width)


def _expected(session: Session, step: Step | None, glyphs: Glyphs) -> Tab:
    rows = contract()
    unmet: tuple[Unmet, ...] = session.diagnosis.unmet if session.diagnosis else ()
    if step is None:
        name = f"Expected {met_count(rows, unmet)}" if session.diagnosis else "Expected"
        missed = [row for row in rows if row.id in {one.row for one in unmet}]
        if not missed:
            return Tab(name, _said("Every need of Claude's contract is met.").make)
        status = session.steps[-1].status
        return Tab(name, lambda width: Laid(expected_lines(missed, unmet, status, glyphs, width)))
    own = [row for row in rows if row.step is step]
    status = session.steps[step.position].status
    name = f"Expected {met_count(own, unmet)}" if session.diagnosis and own else "Expected"
    return Tab(name, lambda width: Laid(expected_lines(own, unmet, status, glyphs, width)))


def _said(text: str) -> Tab:
    return Tab("HTTP", lambda width: Laid(wrapped(Content(""), Content(text), width)))
