"""The report for a person at a terminal: first the answer, then the reasons; 80 columns."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.model.trace import NoteKind, Trace
from harness.model.verdict import (
    Diagnosis,
    Evidence,
    Finding,
    Impact,
    StepResult,
    StepStatus,
    Unmet,
    Verdict,
)
from harness.report.imported import imported_lines
from harness.report.printable import printable
from harness.report.prose import WIDTH, paragraphs, wrap
from harness.report.words import CONFIDENCE, blame

if TYPE_CHECKING:
    from harness.specification.requirement import Requirement

LABEL = {
    StepStatus.OK: "ok",
    StepStatus.WARN: "warn",
    StepStatus.BROKEN: "FAIL",
    StepStatus.SKIPPED: "-",
    StepStatus.NOT_REACHED: "-",
}

_LONGEST = 1e9
"""Milliseconds that are shown: a file can claim any number."""


def text_report(trace: Trace, diagnosis: Diagnosis, *, verbose: bool = False) -> str:
    """The whole report, ending in a newline. `verbose` adds the advisory findings in full."""
    return "\n".join(_lines(trace, diagnosis, verbose=verbose)) + "\n"


def ladder_line(result: StepResult) -> str:
    """One rung of the step ladder."""
    said = printable(result.said)
    if result.status is StepStatus.NOT_REACHED:
        said = "not reached"
    spent = max(0.0, min(result.ms, _LONGEST))
    ms = f"{spent:.0f} ms" if result.exchanges and spent else ""
    room = WIDTH - 27 - len(ms)
    if len(said) > room:
        said = said[: room - 1] + "…"
    line = f"  {LABEL[result.status]:<4} {result.step:<18} {said}"
    return f"{line:<{WIDTH - len(ms) - 1}} {ms}".rstrip()


def _lines(trace: Trace, diagnosis: Diagnosis, *, verbose: bool) -> Iterator[str]:
    switches = trace.choices.get("switches")
    turned = ", ".join(map(str, switches)) if isinstance(switches, list) else ""
    played = f"{diagnosis.surface} with {printable(turned)}" if turned else diagnosis.surface
    yield f"{printable(trace.target)} as {played}"
    yield from wrap(printable(diagnosis.headline), "", "  ")
    yield from _shown(diagnosis)
    yield from imported_lines(trace)
    yield ""
    yield from (ladder_line(one) for one in diagnosis.steps)
    yield from _human(trace)
    main = [one for one in diagnosis.findings if verbose or one.impact is not Impact.ADVISORY]
    minor = [one for one in diagnosis.findings if one not in main]
    for number, finding in enumerate(main, start=1):
        yield ""
        yield from _finding(number, finding)
    unexplained = [one for one in diagnosis.unexplained if one.impact is not Impact.ADVISORY]
    for one in unexplained:
        yield ""
        yield from _unexplained(one)
    noted = [(one.id, one.title) for one in minor]
    noted += [
        (one.row, one.title) for one in diagnosis.unexplained if one.impact is Impact.ADVISORY
    ]
    if noted:
        yield ""
        yield "Also noted, without harm for this surface:"
        for identifier, title in noted:
            yield from wrap(f"{title} ({identifier})", "  - ", "    ")
    if diagnosis.when_deployed:
        yield ""
        yield "When deployed, as this address is local or unusual:"
        for sentence in diagnosis.when_deployed:
            yield from wrap(sentence, "  - ", "    ")
    if verbose:
        yield from _specification(trace)
    if trace.recording:
        yield ""
        yield f"recording  {trace.recording}"


def _specification(trace: Trace) -> Iterator[str]:
    """What the specifications say of the trace, whatever the surface minds."""
    from harness.specification.assess import Standing, assess

    found = assess(trace)
    holds, hidden = (len(found.standing(one)) for one in (Standing.HOLDS, Standing.NOT_SHOWN))
    yield ""
    title = f"Against the specification (MCP {found.revision}), apart from what Claude minds:"
    yield from wrap(title, "", "  ")
    yield f"  {holds} requirements hold, {len(found.violated)} do not, {hidden} are not shown"
    written = [one for one in found.violated if one.requirement.level.normative]
    for one in written:
        yield from _violation(one.requirement, one.evidence[0])
    if len(written) < len(found.violated):
        yield "  Written nowhere, but it follows, or clients were seen to need it:"
    for one in found.violated[len(written) :]:
        yield from _violation(one.requirement, one.evidence[0])
    for one in found.standing(Standing.FAILED):
        text = f"{one.requirement.id}: the check failed to run ({printable(one.error or '')})"
        yield from wrap(text, f"  {'?':<11}", " " * 13)


def _violation(requirement: "Requirement", first: Evidence) -> Iterator[str]:
    text = f"{requirement.text} ({requirement.id}; {requirement.cited})"
    yield from wrap(text, f"  {requirement.level:<10} ", " " * 13)
    text = f"exchange {first.exchange} {first.place}  {printable(first.quote)}"
    if first.expected is not None:
        text += f"  (expected {printable(first.expected)})"
    yield from wrap(text, f"{'':13}seen  ", " " * 19, lines=3)


def _shown(diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.shows is None and diagnosis.returns is None:
        return
    parts = []
    if diagnosis.shows:
        parts.append(f"Claude shows ({diagnosis.shows_confidence}): {_quoted(diagnosis.shows)}")
    else:
        parts.append("Claude comes back")
    if diagnosis.returns:
        values = (
            ("step", diagnosis.returns.step),
            ("oauth_error", diagnosis.returns.oauth_error),
            ("error_code", diagnosis.returns.error_code),
        )
        parts.append("(" + " ".join(f"{name}={value}" for name, value in values if value) + ")")
    yield from wrap(" ".join(parts), "", "  ")


def _quoted(text: str) -> str:
    return text if text.startswith("{") else f'"{text}"'


def _human(trace: Trace) -> Iterator[str]:
    """The page that only a person can go on from."""
    note = next(trace.noted(NoteKind.NEEDS_HUMAN), None)
    if note is None:
        return
    yield ""
    yield "The page that needs a human:"
    for name in ("url", "title", "text"):
        value = note.data.get(name)
        if isinstance(value, str) and value:
            yield from wrap(printable(value), f"  {name:<6} ", " " * 9, lines=6)
    fields = note.data.get("fields")
    if isinstance(fields, list) and fields:
        names = " ".join(f"--field {printable(str(one))}=..." for one in fields)
        yield from wrap(names, "  answer ", " " * 9)


def _finding(number: int, finding: Finding) -> Iterator[str]:
    if finding.error is not None:
        yield from wrap(
            f"{finding.id}: the pattern failed to run ({printable(finding.error)})",
            f"{number}. ",
            "   ",
        )
        return
    head = f"{number}. {finding.id}   "
    yield from wrap(head + blame(finding), "", "   ")
    yield from wrap(finding.title + ".", "   ", "   ")
    yield from _evidence(finding.evidence)
    yield from _labelled("why", finding.why)
    yield from _labelled("fix", finding.fix)
    yield from _labelled("sure", CONFIDENCE[finding.confidence])
    yield f"   more   harness explain {finding.id}"


def _unexplained(unmet: Unmet) -> Iterator[str]:
    yield from wrap(f"Not a known pattern: {unmet.title} ({unmet.row})", "?  ", "   ")
    yield from _evidence(unmet.evidence)
    yield from _labelled("rule", unmet.source)


def _evidence(found: tuple[Evidence, ...]) -> Iterator[str]:
    for one in found[:4]:
        text = f"exchange {one.exchange} {one.place}  {printable(one.quote)}"
        if one.expected is not None:
            text += f"  (expected {printable(one.expected)})"
        yield from wrap(text, f"   {'seen':<6} ", " " * 10, lines=4)
    if len(found) > 4:
        yield f"   seen   and {len(found) - 4} more"


def _labelled(label: str, text: str) -> Iterator[str]:
    """Paragraphs behind a label."""
    yield from paragraphs(text, f"   {label:<6} ", " " * 10)


def exit_code(diagnosis: Diagnosis, fail_on: Impact = Impact.BREAKS) -> int:
    """0 connects, 1 does not (or a finding reaches `fail_on`), 4 inconclusive."""
    match diagnosis.verdict:
        case Verdict.INCONCLUSIVE:
            return 4
        case Verdict.FAILS:
            return 1
        case Verdict.CONNECTS:
            impacts = [one.impact for one in diagnosis.findings]
            impacts += [one.impact for one in diagnosis.unmet]
            worst = min((one.severity for one in impacts), default=Impact.NONE.severity)
            return 1 if worst <= fail_on.severity else 0
