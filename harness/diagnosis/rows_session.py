"""Contract rows for everything behind the token."""

from collections.abc import Iterator

from harness.diagnosis.contract import Row
from harness.diagnosis.reading import body_evidence, evidence, status_evidence, stopped_at
from harness.model.challenge import bearer
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Evidence, Impact


def _accepted(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.CONNECT, Purpose.INITIALIZE)
    if answer is not None and stopped_at(trace, Step.CONNECT):
        yield from _refusal(answer)


def _notification(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.SESSION, Purpose.INITIALIZED)
    if answer is not None and answer.status not in (202, 200, 204):
        yield status_evidence(answer, "202")


def _stream(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.SESSION, Purpose.STREAM)
    if answer is None:
        return
    streams = (
        answer.response is not None
        and answer.status == 200
        and answer.response.media_type == "text/event-stream"
    )
    if not streams and answer.status != 405:
        yield status_evidence(answer, "an event stream, or 405")


def _tools_listed(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.SESSION, Purpose.LIST_TOOLS)
    if answer is not None and stopped_at(trace, Step.SESSION):
        yield from _refusal(answer)


def _refreshed(trace: Trace) -> Iterator[Evidence]:
    answers = list(trace.at(Step.REFRESH, Purpose.REFRESH))
    if len(answers) == 1 and stopped_at(trace, Step.REFRESH) and _called(trace) is None:
        yield from _refusal(answers[0], "200 with an access_token")


def _refreshed_again(trace: Trace) -> Iterator[Evidence]:
    answers = list(trace.at(Step.REFRESH, Purpose.REFRESH))
    if len(answers) > 1 and stopped_at(trace, Step.REFRESH):
        yield evidence(
            answers[0], "response.body.refresh_token", "(absent)", "the next refresh token"
        )
        yield from _refusal(answers[-1], "200 with an access_token")


def _refreshed_token_works(trace: Trace) -> Iterator[Evidence]:
    call = _called(trace)
    answers = list(trace.at(Step.REFRESH, Purpose.REFRESH))
    if call is not None and len(answers) == 1 and stopped_at(trace, Step.REFRESH):
        yield from _refusal(call)


def _called(trace: Trace) -> Exchange | None:
    return trace.last(Step.REFRESH, Purpose.LIST_TOOLS)


def _stepped_up(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.STEP_UP, Purpose.CALL_TOOL)
    if answer is not None and stopped_at(trace, Step.STEP_UP):
        yield from _refusal(answer)


def _refusal(
    exchange: Exchange, expected: str = "200 with a JSON-RPC result"
) -> Iterator[Evidence]:
    yield status_evidence(exchange, expected)
    response = exchange.response
    if response is None:
        return
    lines = response.header_lines("www-authenticate")
    if bearer(lines) is not None:
        yield evidence(exchange, "response.header.www-authenticate", ", ".join(lines))
    elif response.body:
        yield body_evidence(exchange)


_MCP = "MCP 2025-11-25, transports"

ROWS = (
    Row(
        id="connect.accepted",
        step=Step.CONNECT,
        title="the first call with the token is not accepted",
        source="github.com/anthropics/claude-ai-mcp/issues/442",
        check=_accepted,
    ),
    Row(
        id="session.notification",
        step=Step.SESSION,
        title="a notification is not answered 202",
        source=_MCP,
        check=_notification,
        impact=Impact.DEGRADES,
    ),
    Row(
        id="session.stream",
        step=Step.SESSION,
        title="GET on the MCP URL is answered neither with a stream nor with 405",
        source=_MCP,
        check=_stream,
        impact=Impact.DEGRADES,
    ),
    Row(
        id="session.tools",
        step=Step.SESSION,
        title="the tools cannot be listed",
        source=_MCP,
        check=_tools_listed,
    ),
    Row(
        id="refresh.accepted",
        step=Step.REFRESH,
        title="the token cannot be refreshed",
        source="RFC 6749 section 6",
        check=_refreshed,
    ),
    Row(
        id="refresh.works",
        step=Step.REFRESH,
        title="the refreshed token is not accepted",
        source="RFC 6749 section 6",
        check=_refreshed_token_works,
    ),
    Row(
        id="refresh.again",
        step=Step.REFRESH,
        title="the token can be refreshed only once",
        source="RFC 6749 section 6",
        check=_refreshed_again,
    ),
    Row(
        id="step-up.accepted",
        step=Step.STEP_UP,
        title="the call is refused with the wider scope too",
        source="MCP 2025-11-25 authorization, scope challenge",
        check=_stepped_up,
    ),
)
