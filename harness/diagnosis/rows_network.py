"""Contract rows about the way to the server: names, TLS, edges, redirects, encodings."""

from collections.abc import Iterator

from harness.diagnosis.contract import Row
from harness.diagnosis.reading import evidence, first_contact, opening
from harness.model.trace import Step, Trace, Voice
from harness.model.verdict import Evidence


def _redirected(trace: Trace) -> Iterator[Evidence]:
    first, last = first_contact(trace), opening(trace, Voice.BROKER)
    if first is None or last is None or first is last or first.response is None:
        return
    if last.failure and last.failure.kind.before_request:
        yield evidence(first, "response.header.location", first.response.header("location"))
        yield evidence(last, "failure", last.failure.text)


ROWS: tuple[Row, ...] = (
    Row(
        id="reach.redirected",
        step=Step.REACH,
        title="the MCP URL redirects to a place that cannot be reached",
        source="claude.com/docs/connectors/building/troubleshooting",
        check=_redirected,
    ),
)
