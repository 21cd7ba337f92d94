"""What must hold for every scenario file, ours and a user's own.

A proof returns what is wrong, one sentence each; nothing when it holds.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from harness.client.choices import Choices
from harness.diagnosis.catalogue import Article, Scenario, catalogue
from harness.diagnosis.contract import contract
from harness.diagnosis.diagnose import diagnose
from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import NoteKind, Trace
from harness.model.verdict import Diagnosis, Evidence, Impact, Surface, Verdict
from harness.recording.file import load
from harness.report.prose import WIDTH, paragraphs
from harness.run.check import Plan, checked
from harness.run.session import Outcome, replayed

type Known = Sequence[Scenario] | None

TITLE = 90
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_PLACE = re.compile(r"(request|response|connection|failure|timing|token)(\.|$)")


async def no_wait(_seconds: float) -> None:
    """Claude's waits between tries, without the time they take."""


def bent(*faults: Scenario, choices: Choices | None = None) -> Plan:
    """The plan of a check of the reference server that shows these faults."""
    return Plan(
        faults=faults,
        choices=choices or Choices(target="", deep=any(one.pattern.deep for one in faults)),
        surface=_surface(faults[0]) if faults else Surface.CLAUDE_AI,
        patience=0.04 if any(one.pattern.slow for one in faults) else 1.0,
    )


async def proved(plan: Plan, record: Path, *, known: Known = None) -> Outcome:
    """One check, recorded, without Claude's waits."""
    return await checked(plan, record=record, sleep=no_wait, known=known)


async def healthy(surface: str, *, deep: bool) -> Trace:
    """A run against the reference server as it is."""
    plan = Plan(choices=Choices(target="", deep=deep), surface=Surface(surface))
    return (await checked(plan, record=None, sleep=no_wait)).trace


def complete(scenario: Scenario, *, known: Known = None) -> list[str]:
    """The article can be shown, every fact has its source, and something causes the failure."""
    pattern = scenario.pattern
    rows = {row.id for row in contract()}
    others = {one.id for one in (catalogue() if known is None else known)}
    return [
        *_caused(scenario),
        *_readable(scenario.article),
        *_sourced(pattern),
        *([] if pattern.impact else ["impact names no surface"]),
        *(f"explains names the unknown row {one}" for one in pattern.explains if one not in rows),
        *(f"also names the unknown scenario {one}" for one in pattern.also if one not in others),
    ]


def silent(scenario: Scenario, healthy: Trace) -> list[str]:
    """It finds nothing in the trace of a healthy server."""
    return [
        f"{one.id} is found on a healthy server{_quote(one.evidence)}"
        if one.error is None
        else f"{one.id} failed to run on a healthy server: {one.error}"
        for one in diagnose(healthy, [scenario]).findings
    ]


def exact(scenario: Scenario, diagnosis: Diagnosis) -> list[str]:
    """Its failure is found as the first finding, and nothing else is but what `also` names."""
    wrong = [
        f"{one.id} failed to run: {one.error}"
        for one in diagnosis.findings
        if one.error is not None
    ]
    ids = [one.id for one in diagnosis.findings]
    if scenario.id not in ids:
        wrong.append(f"{scenario.id} is not found; findings: {', '.join(ids) or 'none'}")
    elif ids[0] != scenario.id:
        wrong.append(f"{ids[0]} is found before {scenario.id}")
    elif diagnosis.findings[0].root_cause is not (
        diagnosis.findings[0].impact in (Impact.BREAKS, Impact.DEGRADES)
    ):
        wrong.append(f"{scenario.id} is a root cause exactly when it breaks or degrades")
    wrong += [
        f"{one} is found too, and `also` does not name it"
        for one in ids
        if one not in (scenario.id, *scenario.pattern.also)
    ]
    return wrong


def explained(diagnosis: Diagnosis) -> list[str]:
    """Every unmet row of the contract is one that a finding explains."""
    return [
        f"the unmet contract row {one.row} is not explained: {one.title}{_quote(one.evidence)}"
        for one in diagnosis.unexplained
    ]


def stopped(outcome: Outcome) -> list[str]:
    """The verdict agrees with where the client stopped."""
    trace, diagnosis = outcome.trace, outcome.diagnosis
    human = next(trace.noted(NoteKind.NEEDS_HUMAN), None)
    wrong = []
    if (human is not None) is not (diagnosis.verdict is Verdict.INCONCLUSIVE):
        wrong.append(f"the verdict is {diagnosis.verdict}, and a human is needed: {human}")
    if (trace.stop is not None) is not (diagnosis.verdict is Verdict.FAILS):
        wrong.append(f"the verdict is {diagnosis.verdict}, and the client stopped: {trace.stop}")
    if trace.stop is not None:
        at = diagnosis.stopped_at
        if at is None or at.position > trace.stop.step.position:
            wrong.append(f"the verdict stops at {at}, the client at {trace.stop.step}")
        if not diagnosis.findings or diagnosis.findings[0].impact is not Impact.BREAKS:
            wrong.append("the client stopped, and the first finding does not break the connection")
    return wrong


def quoted(outcome: Outcome) -> list[str]:
    """Every finding quotes something from an exchange that is there."""
    numbers = {exchange.n for exchange in outcome.trace.exchanges}
    wrong = []
    for finding in outcome.diagnosis.findings:
        if not finding.evidence:
            wrong.append(f"{finding.id} has no evidence")
        for one in finding.evidence:
            if one.exchange not in numbers:
                wrong.append(f"{finding.id} quotes exchange {one.exchange}, which is not there")
            if not _PLACE.match(one.place):
                wrong.append(f"{finding.id} quotes from {one.place!r}, which is no place")
            if not one.quote:
                wrong.append(f"{finding.id} quotes nothing from {one.place}")
    return wrong


async def replays(outcome: Outcome, recording: Path, *, known: Known = None) -> list[str]:
    """The recording, which holds no secret, gives the same diagnosis, judged and replayed."""
    recorded = load(recording)
    again, answers = await replayed(recorded, known=known)
    wrong = [f"the recording has no answer for {one}" for one in answers.missing]
    wrong += [f"the recording differs: {one}" for one in answers.differs]
    for how, diagnosis in (("judged", diagnose(recorded, known)), ("replayed", again.diagnosis)):
        if said(diagnosis) != said(outcome.diagnosis):
            wrong.append(f"{how} from the recording it says {said(diagnosis)}")
    return wrong


def said(diagnosis: Diagnosis) -> tuple[Verdict, object, list[tuple[str, Impact, bool]]]:
    """What must be the same however a run is judged."""
    findings = [(one.id, one.impact, one.root_cause) for one in diagnosis.findings]
    return diagnosis.verdict, diagnosis.stopped_at, findings


def _caused(scenario: Scenario) -> list[str]:
    pattern = scenario.pattern
    if pattern.detectable is Detectable.CLAUDE_ONLY:
        return [] if pattern.detector is None else ["it is seen in Claude only, and has a detector"]
    wrong = [] if pattern.detector is not None else ["it has no @pattern.detect"]
    if pattern.detectable is Detectable.TRAFFIC and pattern.hand_made is None:
        wrong.append("it is seen in real traffic only, and has no @pattern.recording")
    elif not pattern.has_fault and pattern.hand_made is None:
        wrong.append("nothing causes it: neither a fault nor a @pattern.recording")
    return wrong


def _sourced(pattern: Pattern) -> list[str]:
    if not pattern.sources:
        return ["it names no source"]
    return [
        f"the source {one.url} has no date such as 2026-01-31: {one.seen!r}"
        for one in pattern.sources
        if not _DATE.fullmatch(one.seen)
    ]


def _readable(article: Article) -> list[str]:
    wrong = [
        f"a line does not fit into {WIDTH} columns: {line.strip()!r}"
        for text in (article.what, article.why, article.fix)
        for line in paragraphs(text, "    ", "    ")
        if len(line) > WIDTH
    ]
    if len(article.title) > TITLE:
        wrong.append(f"the title has more than {TITLE} characters")
    return wrong


def _surface(scenario: Scenario) -> Surface:
    """claude.ai, or for a failure that does nothing there the first surface that minds it."""

    def minds(surface: Surface) -> bool:
        effect = scenario.pattern.effect(surface)
        return effect is not None and effect.impact is not Impact.NONE

    return next((one for one in Surface if minds(one)), Surface.CLAUDE_AI)


def _quote(evidence: Sequence[Evidence]) -> str:
    return f" ({evidence[0].place}: {evidence[0].quote!r})" if evidence else ""
