"""The step ladder: how each step went, in a few words."""

from collections.abc import Sequence

from harness.diagnosis.account import account
from harness.model.trace import NoteKind, Step, Trace
from harness.model.verdict import Finding, Impact, StepResult, StepStatus, Unmet


def ladder(
    trace: Trace, unmet: Sequence[Unmet] = (), findings: Sequence[Finding] = ()
) -> tuple[StepResult, ...]:
    """One result per step, in order; also of a run that is still going."""
    return tuple(_result(trace, step, unmet, findings) for step in Step)


def _result(
    trace: Trace, step: Step, unmet: Sequence[Unmet], findings: Sequence[Finding]
) -> StepResult:
    if step is Step.REACH:
        exchanges = trace.exchanges[:1]
    else:
        exchanges = tuple(trace.at(step, exploration=False))
    return StepResult(
        step=step,
        status=_status(trace, step, unmet, findings, reached=bool(exchanges)),
        exchanges=tuple(one.n for one in exchanges),
        ms=_time(trace) if step is Step.REACH else sum(one.timing.total for one in exchanges),
        said=account(trace, step),
    )


def _status(
    trace: Trace,
    step: Step,
    unmet: Sequence[Unmet],
    findings: Sequence[Finding],
    *,
    reached: bool,
) -> StepStatus:
    impacts = {one.impact for one in unmet if one.step is step}
    if Impact.BREAKS in impacts or (trace.stop and trace.stop.step is step):
        return StepStatus.BROKEN
    impacts |= {one.impact for one in findings if one.step is step}
    if reached and _never_sent(trace, step):
        reached = False
    if not reached:
        # A step that only took a decision (a given client, CIMD) went well without a request.
        if step is Step.REGISTRATION and trace.decision(step, "way") in ("given", "cimd"):
            return StepStatus.OK
        skipped = any(trace.noted(NoteKind.SKIP, step)) or (
            step is Step.LOGIN and trace.last(Step.CALLBACK) is not None
        )
        return StepStatus.SKIPPED if skipped else StepStatus.NOT_REACHED
    return StepStatus.WARN if Impact.DEGRADES in impacts else StepStatus.OK


def _never_sent(trace: Trace, step: Step) -> bool:
    """True for the request that never left because the server was not reached."""
    if step is not Step.CHALLENGE or len(trace.exchanges) != 1:
        return False
    failure = trace.exchanges[0].failure
    return failure is not None and failure.kind.before_request


def _time(trace: Trace) -> float:
    """Milliseconds to reach the server: DNS, connect and TLS of the first exchange."""
    if not trace.exchanges:
        return 0.0
    timing = trace.exchanges[0].timing
    spent = sum(one for one in (timing.dns, timing.connect, timing.tls) if one is not None)
    return spent or (timing.total if trace.exchanges[0].failure else 0.0)
