"""Contract rows for everything behind the token."""

from collections.abc import Iterator

from harness.diagnosis.contract import Row
from harness.diagnosis.reading import (
    evidence,
    refusal_evidence,
    simulated,
    status_evidence,
    stopped_at,
)
from harness.diagnosis.session import (
    TOOL_NAME,
    bad_tool_names,
    calls_with_token,
    kept_session,
    listed_tools,
    sessionless_refusals,
    unused_token,
)
from harness.diagnosis.token_endpoint import document, issued, refreshes
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Evidence, Impact


def _accepted(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.CONNECT, Purpose.INITIALIZE)
    if answer is not None and stopped_at(trace, Step.CONNECT):
        yield from refusal_evidence(answer)
    elif not simulated(trace):
        calls = calls_with_token(trace)
        if calls and all(one.status not in (200, 202) for one in calls):
            yield from refusal_evidence(calls[-1])


def _arrives(trace: Trace) -> Iterator[Evidence]:
    """In traffic of the real Claude only: ours always makes the call."""
    token = unused_token(trace)
    if token is not None:
        yield evidence(token, "response.status", token.status, "a call with the token after it")


def _renewed(trace: Trace) -> Iterator[Evidence]:
    kept = kept_session(trace)
    if kept is not None:
        yield status_evidence(kept.refused, "200, or 404 and then a new session")


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
        yield from refusal_evidence(answer)


def _session_id(trace: Trace) -> Iterator[Evidence]:
    for one in sessionless_refusals(trace):
        yield status_evidence(one, "200, from a server that needs no session")


def _session_id_impact(trace: Trace) -> Impact:
    """Our own question shows what would happen; a call of Claude's shows that it did."""
    asked = any(not one.exploration for one in sessionless_refusals(trace))
    return Impact.BREAKS if asked else Impact.ADVISORY


def _tool_names(trace: Trace) -> Iterator[Evidence]:
    found = listed_tools(trace)
    if found is not None:
        for place, name in bad_tool_names(found[1]):
            yield evidence(found[0], place, name, TOOL_NAME.pattern)


def _refreshed(trace: Trace) -> Iterator[Evidence]:
    before, last = _refreshes(trace)
    if last is not None and not issued(last) and not _withheld(before):
        yield from refusal_evidence(last, "200 with an access_token")


def _refreshed_again(trace: Trace) -> Iterator[Evidence]:
    before, last = _refreshes(trace)
    if before is not None and last is not None and not issued(last) and _withheld(before):
        yield evidence(before, "response.body.refresh_token", "(absent)", "the next refresh token")
        yield from refusal_evidence(last, "200 with an access_token")


def _refreshed_token_works(trace: Trace) -> Iterator[Evidence]:
    last = _refreshes(trace)[1]
    call = trace.last(Step.REFRESH, Purpose.LIST_TOOLS)
    if last is not None and issued(last) and call is not None:
        yield from refusal_evidence(call)


def _refreshes(trace: Trace) -> tuple[Exchange | None, Exchange | None]:
    """Of a run that stopped there: the last refresh, and the one before it that got a token."""
    if not stopped_at(trace, Step.REFRESH):
        return None, None
    answers = refreshes(trace)
    got = [one for one in answers[:-1] if issued(one)]
    return got[-1] if got else None, answers[-1] if answers else None


def _withheld(answer: Exchange | None) -> bool:
    """True when an answer with a token held no further refresh token."""
    return answer is not None and not document(answer).get("refresh_token")


def _stepped_up(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.STEP_UP, Purpose.CALL_TOOL)
    if answer is not None and stopped_at(trace, Step.STEP_UP):
        yield from refusal_evidence(answer)


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
        id="connect.arrives",
        step=Step.CONNECT,
        title="no call with the new token arrives",
        source="github.com/anthropics/claude-ai-mcp/issues/125",
        check=_arrives,
    ),
    Row(
        id="session.renewed",
        step=Step.SESSION,
        title="a session that is over is not replaced by a new one",
        source=_MCP,
        check=_renewed,
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
        source="MCP 2025-11-25, tools",
        check=_tools_listed,
    ),
    Row(
        id="session.id",
        step=Step.SESSION,
        title="a call without the session id is refused",
        source="github.com/anthropics/claude-ai-mcp/issues/975",
        check=_session_id,
        impact=_session_id_impact,
    ),
    Row(
        id="session.tool-names",
        step=Step.SESSION,
        title="a tool has a name that Claude does not take",
        source="github.com/evoila/meho/issues/2745",
        check=_tool_names,
        impact=Impact.DEGRADES,
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
