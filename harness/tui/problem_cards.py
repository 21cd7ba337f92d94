"""The card of a finding, and of a contract row that no known pattern explains."""

from collections.abc import Iterator, Sequence

from harness.model.verdict import Evidence, Finding, Impact, Unmet
from harness.report.words import CONFIDENCE, IMPACT, blame
from harness.tui import tones
from harness.tui.panes.card import Card, Entry
from harness.tui.session import Problem, Session
from harness.tui.words import shorter_path


def problem_card(problem: Problem, session: Session) -> Card:
    match problem:
        case Finding(error=str() as error):
            return _failed_card(problem, error)
        case Finding():
            return _finding_card(problem, session)
        case Unmet():
            return _unmet_card(problem, session)


def _finding_card(finding: Finding, session: Session) -> Card:
    entries = [
        # The verdict line says the title of the root cause already.
        Entry("", f"{finding.title}.", "bold", most=0 if finding.root_cause else 1),
        *_seen(finding.evidence),
        Entry("Why", finding.why, most=1),
        Entry("Fix", finding.fix, most=2),
        *_shown(finding, session),
        Entry("Sure", CONFIDENCE[finding.confidence], most=1),
        Entry("More", f"harness explain {finding.id}", most=1),
        *[Entry("Source", f"{one.url} ({one.seen})") for one in finding.sources],
    ]
    head = f"{finding.id}   {blame(finding)}"
    title = f"{finding.step.position + 1} {finding.step}"
    return Card(title, head, tones.impact_tone(finding.impact), tuple(entries))


def _failed_card(finding: Finding, error: str) -> Card:
    return Card(
        f"{finding.step.position + 1} {finding.step}",
        f"{finding.id}   pattern failed to run",
        tones.WARN,
        (
            Entry("Error", error),
            Entry("Means", "Whether this failure is present is not known; the others are."),
            Entry("Pattern", finding.title),
        ),
    )


def _unmet_card(unmet: Unmet, session: Session) -> Card:
    entries = [
        Entry("", f"Unmet: {unmet.title}.", "bold", most=1),
        *_seen(unmet.evidence),
        Entry("Rule", f"{unmet.row}, {unmet.source}" if unmet.source else unmet.row, most=1),
        Entry("Costs", IMPACT[unmet.impact], most=1),
    ]
    recording = session.masked.recording if session.masked else None
    if recording and unmet.impact is Impact.BREAKS:
        entries.append(
            Entry("Report", f"{shorter_path(recording)} holds it all, without secrets", most=2)
        )
    return Card(
        f"{unmet.step.position + 1} {unmet.step}",
        "Not a known pattern.",
        tones.impact_tone(unmet.impact),
        tuple(entries),
    )


def _seen(evidence: Sequence[Evidence]) -> Iterator[Entry]:
    for index, one in enumerate(evidence[:6]):
        expected = f"  (expected {one.expected})" if one.expected is not None else ""
        text = f"exchange {one.exchange} {one.place}  {one.quote}{expected}"
        yield Entry("Seen", text, most=1 if index < 2 else 0, middle=2)
    if len(evidence) > 6:
        yield Entry("Seen", f"and {len(evidence) - 6} more", most=0)


def _shown(finding: Finding, session: Session) -> Iterator[Entry]:
    """What the user of Claude sees, when this is what stopped the run."""
    diagnosis = session.diagnosis
    if diagnosis is None or not finding.root_cause:
        return
    if diagnosis.shows:
        yield Entry("Claude", f"shows: {diagnosis.shows}", most=2)
    if diagnosis.returns:
        one = diagnosis.returns
        pairs = (
            ("step", one.step),
            ("oauth_error", one.oauth_error),
            ("error_code", one.error_code),
        )
        text = " ".join(f"{name}={value}" for name, value in pairs if value)
        yield Entry("Claude", f"returns: {text}", most=1)
