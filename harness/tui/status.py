"""The target line, the verdict line and the rows of the two lists, made from a session."""

from harness.model.trace import NoteKind, Step
from harness.model.verdict import Finding, Impact, StepResult
from harness.tui import tones
from harness.tui.keys import Glyphs
from harness.tui.panes.bars import Heading, Sentence
from harness.tui.panes.problems import ProblemRow
from harness.tui.panes.steps import StepRow
from harness.tui.session import Problem, Session, Stage
from harness.tui.words import counted, milliseconds, seconds


def heading(session: Session, *, now: float, unmasked: bool) -> Heading:
    trace = session.masked
    target = trace.target if trace else session.setup.target or "the bundled reference server"
    if session.setup.faults:
        target += f"  bent by {', '.join(session.setup.faults)}"
    elapsed = ""
    if trace is not None and trace.started:
        until = trace.finished if trace.finished is not None else now
        elapsed = seconds(max(0.0, until - trace.started))
    return Heading(
        target=target,
        surface=session.setup.surface,
        mode=session.stage.upper(),
        elapsed=elapsed,
        alert="SECRETS SHOWN" if unmasked else "",
    )


def verdict(session: Session, glyphs: Glyphs) -> Sentence:
    """The one sentence that is always on the screen."""
    if session.trouble is not None:
        return Sentence(
            glyph=glyphs.broken, text=f"NOT RUN: {session.trouble.text}", tone=tones.BROKEN
        )
    match session.stage:
        case Stage.READY:
            return Sentence(text="Ready. Press r to run, u to change the target.")
        case Stage.STARTING:
            return Sentence(glyph=glyphs.going, text="Starting the proxy", tone=tones.GOING)
        case Stage.LIVE:
            return Sentence(glyph=glyphs.going, text=_running(session), tone=tones.GOING)
        case Stage.STOPPING:
            return Sentence(glyph=glyphs.going, text="Stopping", tone=tones.WARN)
        case Stage.DONE:
            return _result(session, glyphs)


def _running(session: Session) -> str:
    sending = session.sending
    if sending is None:
        return f"Running {session.current}" if session.current else "Running"
    if sending.exploration:
        return f"Exploring, beyond what Claude asks: {sending.method} {sending.url}"
    return f"Running {sending.step.position + 1} {sending.step}: {sending.method} {sending.url}"


def _result(session: Session, glyphs: Glyphs) -> Sentence:
    if session.diagnosis is None:
        return Sentence(text="Nothing was sent.")
    return Sentence(
        glyph=tones.verdict_glyph(session.diagnosis.verdict, glyphs),
        text=session.diagnosis.headline,
        tone=tones.verdict_tone(session.diagnosis.verdict),
        counts=_counts(session),
    )


def _counts(session: Session) -> str:
    impacts = [one.impact for one in session.problems]
    breaks, risks = impacts.count(Impact.BREAKS), impacts.count(Impact.DEGRADES)
    parts = [f"{breaks} broken"] if breaks else []
    parts += [counted(risks, "risk")] if risks else []
    return ", ".join(parts)


def step_rows(session: Session, glyphs: Glyphs) -> list[StepRow]:
    return [_step_row(session, result, glyphs) for result in session.steps]


def _step_row(session: Session, result: StepResult, glyphs: Glyphs) -> StepRow:
    glyph, tone = tones.status_glyph(result.status, glyphs), tones.status_tone(result.status)
    said = result.said
    if session.stage.busy and session.current is result.step:
        glyph, tone = glyphs.going, tones.GOING
    elif result.step is Step.LOGIN and session.noted(NoteKind.NEEDS_HUMAN):
        glyph, tone, said = glyphs.waits, tones.WARN, "needs a human"
    found = [one for one in session.problems if one.step is result.step]
    found = [one for one in found if one.impact in (Impact.BREAKS, Impact.DEGRADES)]
    tag = _name(found[0]) if found else ""
    if len(found) > 1:
        tag += f" +{len(found) - 1}"
    return StepRow(
        step=result.step,
        glyph=glyph,
        tone=tone,
        said=said,
        time=milliseconds(result.ms) if result.exchanges and result.ms >= 0.5 else "",
        tag=tag,
    )


def problem_rows(session: Session, glyphs: Glyphs) -> list[ProblemRow]:
    return [
        ProblemRow(
            glyph=glyphs.warn if _crashed(one) else tones.impact_glyph(one.impact, glyphs),
            tone=tones.WARN if _crashed(one) else tones.impact_tone(one.impact),
            number=one.step.position + 1,
            name=_name(one),
            title=_title(one),
        )
        for one in session.problems
    ]


def problems_title(session: Session) -> str:
    if session.diagnosis is None:
        return "Findings"
    known = sum(isinstance(one, Finding) for one in session.problems)
    unknown = len(session.problems) - known
    return f"Findings {known}" + (f", {unknown} not known" if unknown else "")


def _crashed(problem: Problem) -> bool:
    return isinstance(problem, Finding) and problem.error is not None


def _name(problem: Problem) -> str:
    return problem.id if isinstance(problem, Finding) else problem.row


def _title(problem: Problem) -> str:
    if isinstance(problem, Finding):
        return "pattern failed to run" if _crashed(problem) else problem.title
    return f"not a known pattern: {problem.title}"
