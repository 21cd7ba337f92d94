"""Turns a trace into a verdict and ranked findings."""

from collections.abc import Sequence
from dataclasses import replace

from harness.diagnosis.catalogue import Scenario, catalogue
from harness.diagnosis.code_words import claude_code_says
from harness.diagnosis.consequence import claude_returns, claude_shows, when_deployed
from harness.diagnosis.contract import consequences, unmet_rows
from harness.diagnosis.ladder import ladder
from harness.model.trace import FailureKind, NoteKind, Step, Trace
from harness.model.verdict import (
    Confidence,
    Diagnosis,
    Effect,
    Finding,
    Impact,
    Surface,
    Unmet,
    Verdict,
)

_SMALL_WORDS = ("A", "An", "Neither", "No", "Only", "The", "There")


def diagnose(trace: Trace, scenarios: Sequence[Scenario] | None = None) -> Diagnosis:
    """Everything that can be said about a trace, by the contract and the known failures."""
    known = catalogue() if scenarios is None else scenarios
    unmet = unmet_rows(trace)
    matched = [found for one in known if (found := match(one, trace, unmet)) is not None]
    unmet = _without_harmless(unmet, matched, known)
    findings = rank([one for one in matched if one.error or _counts(one)], unmet, known)
    explained = consequences(unmet, {row for one in findings for row in _explains(one, known)})
    broken = next((one for one in unmet if one.impact is Impact.BREAKS), None)
    stopped_at = broken.step if broken else (trace.stop.step if trace.stop else None)
    verdict = _verdict(trace, stopped_at)
    if verdict is not Verdict.FAILS:
        stopped_at = None if verdict is Verdict.CONNECTS else stopped_at
    hosted = trace.surface == Surface.CLAUDE_AI
    fails = verdict is Verdict.FAILS
    shows, sure = _shown(trace, findings) if fails else (None, Confidence.REPORTED)
    return Diagnosis(
        surface=Surface(trace.surface),
        verdict=verdict,
        headline=_headline(trace, verdict, stopped_at, findings, unmet),
        stopped_at=stopped_at,
        shows=shows,
        shows_confidence=sure,
        returns=claude_returns(trace, shows) if hosted and fails else None,
        steps=ladder(trace, unmet, findings),
        findings=findings,
        unmet=unmet,
        unexplained=tuple(one for one in unmet if one.row not in explained),
        when_deployed=when_deployed(trace) if hosted else (),
    )


def _shown(trace: Trace, findings: Sequence[Finding]) -> tuple[str | None, Confidence]:
    """What the user reads, and how well that is known; the real program has said it already."""
    if trace.surface == Surface.CLAUDE_AI:
        return claude_shows(trace, findings), Confidence.REPORTED
    if trace.surface == Surface.CLAUDE_CODE and "witness" not in trace.choices:
        return claude_code_says(trace), Confidence.MEASURED
    return None, Confidence.REPORTED


def match(scenario: Scenario, trace: Trace, unmet: Sequence[Unmet]) -> Finding | None:
    """The finding of one scenario, or None; when its pattern raises, a finding that says so.

    Its impact is `none` where the surface of the trace does not mind.
    """
    pattern, article = scenario.pattern, scenario.article
    if pattern.detector is None:
        return None
    error = None
    try:
        evidence = tuple(pattern.detector(trace))
    except Exception as raised:
        evidence, error = (), f"{type(raised).__name__}: {raised}"
    if not evidence and error is None:
        return None
    # Where nobody knows what it does to a surface, it is worth a note and no more.
    unknown = Effect(Impact.ADVISORY, Confidence.GUESS, pattern.sources[0])
    effect = pattern.effect(Surface(trace.surface)) or unknown
    impact = Impact.NONE if error else _impact(scenario, effect, unmet)
    return Finding(
        id=scenario.id,
        step=pattern.step,
        party=pattern.party,
        impact=impact,
        claimed=effect.impact,
        confidence=effect.confidence,
        title=article.title,
        what=article.what,
        why=article.why,
        fix=article.fix,
        evidence=evidence,
        sources=pattern.sources,
        shows=pattern.claude_shows,
        error=error,
    )


def _counts(finding: Finding) -> bool:
    return finding.impact is not Impact.NONE


def _without_harmless(
    unmet: tuple[Unmet, ...], matched: Sequence[Finding], known: Sequence[Scenario]
) -> tuple[Unmet, ...]:
    """The rows but for those that broke nothing, and that this surface is known not to mind."""
    harmless = {
        row
        for one in matched
        if not one.error and not _counts(one)
        for row in _explains(one, known)
    }
    return tuple(one for one in unmet if one.impact is Impact.BREAKS or one.row not in harmless)


def _impact(scenario: Scenario, effect: Effect, unmet: Sequence[Unmet]) -> Impact:
    """Measured before claimed: it broke this run exactly when a row it explains did.

    What the pattern claims for the surface holds otherwise, but a run that went through was not
    broken by it.
    """
    rows = [one for one in unmet if one.row in scenario.pattern.explains]
    if any(one.impact is Impact.BREAKS for one in rows):
        return Impact.BREAKS
    return Impact.DEGRADES if effect.impact is Impact.BREAKS else effect.impact


def rank(
    findings: Sequence[Finding], unmet: Sequence[Unmet], known: Sequence[Scenario]
) -> tuple[Finding, ...]:
    """Root cause first.

    Worst impact first; among those, the one that explains the earliest unmet row of that impact;
    then the one whose evidence came first on the wire.
    """

    def key(finding: Finding) -> tuple[int, int, int, str]:
        explains = _explains(finding, known)
        rows = [
            index
            for index, one in enumerate(unmet)
            if one.row in explains and one.impact is finding.impact
        ]
        first = min((one.exchange for one in finding.evidence), default=0)
        return finding.impact.severity, min(rows, default=len(unmet)), first, finding.id

    ordered = sorted(findings, key=key)
    if ordered and ordered[0].impact in (Impact.BREAKS, Impact.DEGRADES):
        ordered[0] = replace(ordered[0], root_cause=True)
    return tuple(ordered)


def _explains(finding: Finding, known: Sequence[Scenario]) -> tuple[str, ...]:
    return next((one.pattern.explains for one in known if one.id == finding.id), ())


def _verdict(trace: Trace, stopped_at: Step | None) -> Verdict:
    if _undecided(trace) is not None:
        return Verdict.INCONCLUSIVE
    return Verdict.CONNECTS if stopped_at is None else Verdict.FAILS


def _undecided(trace: Trace) -> str | None:
    """Why nothing can be said about the server, or None."""
    human = next(trace.noted(NoteKind.NEEDS_HUMAN), None)
    if human is not None:
        return f"the sign-in needs a human: {human.text}"
    aborted = next(trace.noted(NoteKind.ABORTED), None)
    if aborted is not None:
        return aborted.text
    failure = trace.exchanges[0].failure if trace.exchanges else None
    if failure is not None and failure.kind in (FailureKind.NO_NETWORK, FailureKind.DNS_TEMPORARY):
        return f"the network is not there: {failure.text}"
    return None if trace.exchanges else "nothing was sent"


def _headline(
    trace: Trace,
    verdict: Verdict,
    stopped_at: Step | None,
    findings: Sequence[Finding],
    unmet: Sequence[Unmet],
) -> str:
    match verdict:
        case Verdict.INCONCLUSIVE:
            return f"INCONCLUSIVE: {_undecided(trace)}"
        case Verdict.FAILS:
            cause = next((one.title for one in findings if one.root_cause), None)
            row = next((one.title for one in unmet if one.impact is Impact.BREAKS), None)
            stop = trace.stop.text if trace.stop else "the connection stops"
            return f"FAILS at {stopped_at}: {_lower_first(cause or row or stop)}"
        case Verdict.CONNECTS:
            until = trace.choices.get("until")
            if until is not None:
                return f"NOTHING BROKE as far as {until}, where this run ended as asked"
            warned = [one for one in findings if one.impact is Impact.DEGRADES]
            tail = f", with a warning: {_lower_first(warned[0].title)}" if warned else ""
            more = f" (and {len(warned) - 1} more)" if len(warned) > 1 else ""
            return f"CONNECTS{tail}{more}"


def _lower_first(text: str) -> str:
    """The text as the end of a sentence; only an article or the like loses its capital."""
    first, space, rest = text.partition(" ")
    return f"{first.lower()}{space}{rest}" if first in _SMALL_WORDS else text
