"""The report on access logs for a person at a terminal: first the answer, then the reasons."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from harness.model.access_log import Attempt, LogDiagnosis, Rung, Seen, Suspect
from harness.model.verdict import StepStatus, Verdict
from harness.report.printable import printable
from harness.report.prose import WIDTH, wrap
from harness.report.text import LABEL

_SHOWN = 12
_ENDED = {
    Verdict.CONNECTS: "connected",
    Verdict.FAILS: "stopped",
    Verdict.INCONCLUSIVE: "not clear",
}
LIMITS = (
    "Bodies and headers are not in an access log: what an answer said, which scope or audience "
    "a token has, and what the challenge names. `harness check URL` asks the server itself, and "
    "`harness watch --upstream URL` reads along while Claude connects."
)


def text_report(diagnosis: LogDiagnosis) -> str:
    return "\n".join(_lines(diagnosis)) + "\n"


def _lines(diagnosis: LogDiagnosis) -> Iterator[str]:
    names = ", ".join(diagnosis.files)
    yield from wrap(printable(f"{names}: {_span(diagnosis)}"), "", "  ")
    yield from wrap(printable(diagnosis.headline), "", "  ")
    for attempt in diagnosis.decisive:
        yield ""
        yield from _attempt(attempt, diagnosis)
    if not diagnosis.attempts:
        yield ""
        yield from _nobody(diagnosis)
    rest = [one for one in diagnosis.attempts if one not in diagnosis.decisive]
    if rest:
        yield ""
        yield from _others(rest)
    yield ""
    yield from _counted(diagnosis)
    yield from wrap(LIMITS, "", "  ")


def _span(diagnosis: LogDiagnosis) -> str:
    counts = diagnosis.counts
    told = f"{counts.read} requests"
    if counts.first is not None and counts.last is not None:
        first, last = _time(counts.first), _time(counts.last)
        told += f", {first} to {last.removeprefix(first[:11])} UTC"
    return told


def _attempt(attempt: Attempt, diagnosis: LogDiagnosis) -> Iterator[str]:
    if len(diagnosis.decisive) > 1:
        yield from wrap(printable(_said(attempt)), f"{_surface(attempt)}: ", "  ")
    yield from wrap(printable(_who(attempt)), "", "  ")
    if diagnosis.mcp_path:
        path = f"MCP endpoint {diagnosis.mcp_path}: {diagnosis.mcp_path_from}"
        yield from wrap(printable(path), "", "  ")
    yield ""
    yield from (_rung(one) for one in attempt.rungs)
    if attempt.verdict is not Verdict.CONNECTS:
        yield ""
        yield from _ending(attempt)
    yield from _suspected(attempt.suspects)
    for note in attempt.notes:
        yield from wrap(printable(note), "note   ", " " * 7)


def _who(attempt: Attempt) -> str:
    started = f", {_time(attempt.started)} UTC" if attempt.started is not None else ""
    first, last = attempt.seen[0].line, attempt.seen[-1].line
    where = f"line {first.number}" if first is last else f"lines {first.number} to {last.number}"
    if first.file != last.file:
        where = f"{first.file} line {first.number} to {last.file} line {last.number}"
    return f"{_surface(attempt)}{started}, {where}; {attempt.sureness}: {attempt.sure_because}"


def _surface(attempt: Attempt) -> str:
    return str(attempt.surface) if attempt.surface else "a client without a name"


def _said(attempt: Attempt) -> str:
    at = f" at {attempt.stopped_at}" if attempt.stopped_at else ""
    return f"{_ENDED[attempt.verdict]}{at}: {attempt.headline}"


def _rung(rung: Rung) -> str:
    said = printable(rung.said)
    if len(said) > WIDTH - 27:
        said = said[: WIDTH - 28] + "…"
    label = "-" if rung.status is StepStatus.NOT_REACHED else LABEL[rung.status]
    return f"  {label:<4} {rung.step:<18} {said}"


def _ending(attempt: Attempt) -> Iterator[str]:
    if attempt.decides is not None and attempt.decides is not attempt.last:
        yield from wrap(printable(_request(attempt.decides)), "broke  ", " " * 7)
    yield from wrap(printable(_request(attempt.last)), "last   ", " " * 7)
    if attempt.next is not None:
        yield from wrap(printable(f"when all is well: {attempt.next}"), "next   ", " " * 7)
    if attempt.means is not None:
        yield from wrap(printable(attempt.means), "means  ", " " * 7)


def _request(seen: Seen) -> str:
    line = seen.line
    target = line.path + ("?…" if "?" in line.target else "")
    answer = "no status" if line.status is None else str(line.status)
    took = f" after {line.seconds:.1f} s" if line.seconds is not None and line.seconds >= 1 else ""
    when = f" at {_time(line.time)[11:]}" if line.time is not None else ""
    return f"line {line.number}{when}: {line.method} {target} -> {answer}{took}"


def _suspected(suspects: tuple[Suspect, ...]) -> Iterator[str]:
    if not suspects:
        return
    yield "fits   (one in full: harness explain ID)"
    for one in suspects:
        yield from wrap(printable(one.title), f"  - {one.id}: ", " " * 6)


def _nobody(diagnosis: LogDiagnosis) -> Iterator[str]:
    counts = diagnosis.counts
    text = "Claude's requests do not get as far as this log, or nobody tried in this time."
    if counts.claude:
        text = "Its paths are none of an MCP endpoint or a sign-in; --mcp-path names the endpoint."
    yield from wrap(text, "", "  ")
    if counts.others:
        told = ", ".join(f"{name} ({number})" for name, number in counts.others)
        yield from wrap(printable(f"Other programs do arrive: {told}."), "", "  ")
    if counts.no_http:
        text = f"{counts.no_http} lines are no HTTP, such as TLS on a plain port."
        yield from wrap(text, "", "  ")
    if not counts.claude:
        text = (
            "Does something in front keep a log of its own (a CDN, a firewall, a load balancer)? "
            "Read that one: what it refuses never gets here."
        )
        yield from wrap(text, "", "  ")
        yield from _suspected(diagnosis.suspects)


def _others(rest: list[Attempt]) -> Iterator[str]:
    ends = Counter(_ENDED[one.verdict] for one in rest)
    told = ", ".join(f"{number} {name}" for name, number in ends.items())
    yield f"Besides: {told}"
    for one in rest[-_SHOWN:]:
        when = f"{_time(one.started)} " if one.started is not None else ""
        text = f"{when}{_surface(one)}, {_said(one)}"
        yield from wrap(printable(text), "  - ", "    ", lines=2)
    if len(rest) > _SHOWN:
        yield f"  and {len(rest) - _SHOWN} earlier ones"


def _counted(diagnosis: LogDiagnosis) -> Iterator[str]:
    counts = diagnosis.counts
    for text, number in (
        (f"Could not be read, the first being {counts.first_unreadable}", counts.unreadable),
        ("Older calls of Claude, left out because there are so many", counts.dropped),
        ("Under a name of Claude's from other addresses, left out", counts.elsewhere),
        ("From Anthropic's web crawlers, which are no connectors", counts.crawlers),
    ):
        if number:
            yield from wrap(printable(f"{text}: {number}"), "", "  ")
    for text in diagnosis.damaged:
        yield from wrap(printable(text), "", "  ")


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
