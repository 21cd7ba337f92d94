"""Puts a trace into the formats of other programs, without its secrets."""

from collections.abc import Sequence
from dataclasses import replace

from harness.diagnosis.catalogue import Scenario
from harness.diagnosis.diagnose import diagnose
from harness.model.imported import Certainty
from harness.model.trace import Exchange, Trace
from harness.model.verdict import Diagnosis, Impact
from harness.recording import marks
from harness.recording.curl import curl_command
from harness.recording.har_export import har_text
from harness.recording.redact import Redactor

FORMATS = ("har", "mitm", "curl")


class NoSuchExchangeError(Exception):
    """The trace has no exchange of that number; the text is one sentence for the user."""


def export(
    trace: Trace,
    form: str,
    *,
    number: int | None = None,
    known: Sequence[Scenario] | None = None,
) -> bytes:
    """The trace, or one exchange of it, as a file of a format; curl takes one exchange."""
    diagnosis = diagnose(trace, known)
    redactor = Redactor()
    for one in trace.exchanges:
        redactor.exchange(one)
    trace = replace(
        trace,
        exchanges=tuple(redactor.exchange(one) for one in trace.exchanges),
        notes=tuple(redactor.note(one) for one in trace.notes),
    )
    wanted = _wanted(trace, number)
    head = marks.head(trace)
    if form == "curl":
        if len(wanted) != 1:
            raise NoSuchExchangeError("a curl command is one request; name it with --exchange N")
        return curl_command(wanted[0]).encode("utf-8", "replace")
    findings = {one.n: _findings(diagnosis, one) for one in wanted}
    comments = {one.n: _comment(one, findings[one.n]) for one in wanted}
    sure = trace.imported.certainty if trace.imported else {}
    marked = {
        one.n: marks.mark(one, findings[one.n], sure.get(one.n, Certainty.SURE)) for one in wanted
    }
    if form == "har":
        return har_text(wanted, comments, marked, head).encode("utf-8", "surrogateescape")
    # mitmproxy takes most of a second to import.
    from harness.proxy.flowfile import Remark, flow_file

    broken = _broken(diagnosis)
    remarks = {n: Remark(comments[n], n in broken, marked[n]) for n in marked}
    return flow_file(wanted, remarks, head)


def _wanted(trace: Trace, number: int | None) -> tuple[Exchange, ...]:
    if number is None:
        return trace.exchanges
    found = tuple(one for one in trace.exchanges if one.n == number)
    if not found:
        last = trace.exchanges[-1].n if trace.exchanges else 0
        raise NoSuchExchangeError(f"there is no exchange {number}; the last one is {last}")
    return found


def _findings(diagnosis: Diagnosis, exchange: Exchange) -> tuple[str, ...]:
    """The findings, and the broken rules of no known pattern, that an exchange is evidence of."""
    found = [
        one.id
        for one in diagnosis.findings
        if any(each.exchange == exchange.n for each in one.evidence)
    ]
    found += [
        one.row
        for one in diagnosis.unexplained
        if any(each.exchange == exchange.n for each in one.evidence)
    ]
    return tuple(found)


def _broken(diagnosis: Diagnosis) -> frozenset[int]:
    """The exchanges that show what breaks the connection."""
    shown = [(one.impact, one.evidence) for one in diagnosis.findings]
    shown += [(one.impact, one.evidence) for one in diagnosis.unmet]
    return frozenset(
        each.exchange for impact, found in shown if impact is Impact.BREAKS for each in found
    )


def _comment(exchange: Exchange, findings: tuple[str, ...]) -> str:
    said = f"{exchange.n} {exchange.step}: {exchange.purpose}"
    if exchange.exploration:
        said += ", not asked by Claude"
    if exchange.failure is not None and exchange.response is None:
        said += f", {exchange.failure.kind}"
    return said + (f"; shows {', '.join(findings)}" if findings else "")
