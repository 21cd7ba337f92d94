"""What the user looks at: a step, one of its exchanges, a problem."""

from dataclasses import dataclass

from harness.model.trace import Exchange, NoteKind, Step, Trace
from harness.model.verdict import Evidence, Verdict
from harness.tui.session import Problem, Session


@dataclass(frozen=True, kw_only=True)
class Selection:
    """No step means the summary. `exchange` is set once the user walked to another one."""

    step: Step | None = None
    problem: int | None = None
    exchange: int | None = None
    by_user: bool = False


def on_step(session: Session, step: Step) -> Selection:
    """The step with its worst problem."""
    found = (index for index, one in enumerate(session.problems) if one.step is step)
    return Selection(step=step, problem=next(found, None), by_user=True)


def on_problem(session: Session, index: int) -> Selection:
    return Selection(step=session.problems[index].step, problem=index, by_user=True)


def after_end(session: Session) -> Selection:
    """What is shown first when a run is over: what stopped it, else the summary."""
    diagnosis = session.diagnosis
    if diagnosis is None or session.trouble is not None:
        return Selection()
    if diagnosis.verdict is Verdict.FAILS and session.problems:
        return Selection(step=session.problems[0].step, problem=0)
    if diagnosis.verdict is Verdict.FAILS:
        return Selection(step=diagnosis.stopped_at)
    if diagnosis.verdict is Verdict.INCONCLUSIVE and session.noted(NoteKind.NEEDS_HUMAN):
        return Selection(step=Step.LOGIN)
    return Selection()


def problem_of(session: Session, selection: Selection) -> Problem | None:
    if selection.problem is None or selection.problem >= len(session.problems):
        return None
    return session.problems[selection.problem]


def exchanges_of(trace: Trace | None, step: Step | None) -> tuple[Exchange, ...]:
    """The exchanges of a step; the first of the run for `reach`, which has none of its own."""
    if trace is None or step is None:
        return ()
    own = tuple(trace.at(step))
    return trace.exchanges[:1] if step is Step.REACH and not own else own


def walkable(session: Session, selection: Selection, *, unmasked: bool) -> tuple[Exchange, ...]:
    """The exchanges of the step, and those of other steps that the problem's evidence names."""
    trace = session.raw if unmasked else session.masked
    own = exchanges_of(trace, selection.step)
    numbers = {one.exchange for one in evidence_of(session, selection)}
    others = [one for one in trace.exchanges if one.n in numbers] if trace else []
    return tuple(sorted({one.n: one for one in (*own, *others)}.values(), key=lambda one: one.n))


def evidence_of(session: Session, selection: Selection) -> tuple[Evidence, ...]:
    problem = problem_of(session, selection)
    return problem.evidence if problem else ()


def shown_exchange(
    session: Session, selection: Selection, found: tuple[Exchange, ...]
) -> Exchange | None:
    """The one the user walked to, else the evidence's first, else the most telling."""
    if not found:
        return None
    by_number = {one.n: one for one in found}
    if selection.exchange in by_number:
        return by_number[selection.exchange]
    for one in evidence_of(session, selection):
        if one.exchange in by_number:
            return by_number[one.exchange]
    assert selection.step is not None
    used = session.masked.decision(selection.step, "used") if session.masked else None
    if isinstance(used, int) and used in by_number:
        return by_number[used]
    return next((one for one in reversed(found) if not one.exploration), found[-1])
