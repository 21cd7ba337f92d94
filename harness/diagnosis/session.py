"""The calls behind the first one: which tools were listed, and which session they name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.diagnosis.reading import simulated
from harness.model.jsonrpc import messages
from harness.model.trace import Exchange, Json, Purpose, Step, Trace, Voice

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What Claude takes for the name of a tool."""


def listed_tools(trace: Trace) -> tuple[Exchange, list[dict[str, Json]]] | None:
    """The first answer to tools/list that lists tools, and these."""
    for exchange in trace.exchanges:
        if exchange.purpose is Purpose.LIST_TOOLS and exchange.response is not None:
            for message in messages(exchange.response):
                result = message.get("result")
                tools = result.get("tools") if isinstance(result, dict) else None
                if isinstance(tools, list):
                    return exchange, [one for one in tools if isinstance(one, dict)]
    return None


def session_id(exchange: Exchange) -> str | None:
    """The session that a request names."""
    return exchange.request.header("mcp-session-id")


def unknown_session(exchange: Exchange) -> bool:
    """True for a call whose session the server says it does not know."""
    response = exchange.response
    if session_id(exchange) is None or response is None or response.status not in (400, 404):
        return False
    return "session" in response.text[:4096].lower()


def sessionless_refusals(trace: Trace) -> Iterator[Exchange]:
    """The calls refused with 400 for want of the session id that the server had given."""
    opened = [
        one.n
        for one in trace.exchanges
        if one.purpose is Purpose.INITIALIZE
        and one.response is not None
        and one.response.header("mcp-session-id") is not None
    ]
    for one in trace.at(Step.SESSION):
        if one.response is None or one.status != 400 or session_id(one) is not None:
            continue
        if opened and one.n > opened[0] and "session" in one.response.text[:4096].lower():
            yield one


@dataclass(frozen=True)
class KeptSession:
    """A session that is over: the last call it took, and the first and last one it refused."""

    good: Exchange
    refused: Exchange
    last: Exchange


def kept_session(trace: Trace) -> KeptSession | None:
    """A session that the real Claude goes on naming although it is over; None in runs of ours."""
    if simulated(trace):
        return None
    for wanted in dict.fromkeys(session_id(one) for one in trace.exchanges):
        calls = [one for one in trace.exchanges if wanted and session_id(one) == wanted]
        good = [one for one in calls if one.status in (200, 202)]
        refused = [one for one in calls if good and one.n > good[-1].n and one.status in (400, 404)]
        if len(refused) >= 2 and not _begun_between(trace, refused[0], refused[-1]):
            return KeptSession(good[-1], refused[0], refused[-1])
    return None


def calls_with_token(trace: Trace) -> list[Exchange]:
    """What the runtime sent with a token, wherever it went."""
    return [
        one
        for one in trace.exchanges
        if one.voice is Voice.RUNTIME
        and (one.request.header("authorization") or "").partition(" ")[0].lower() == "bearer"
    ]


def unused_token(trace: Trace) -> Exchange | None:
    """The answer whose token the real Claude did not present; None in runs of ours."""
    issued = [one for one in trace.at(Step.TOKEN, Purpose.TOKEN) if _issues(one)]
    if simulated(trace) or not issued:
        return None
    used = any(one.n > issued[-1].n for one in calls_with_token(trace))
    return None if used else issued[-1]


def bad_tool_names(tools: list[dict[str, Json]]) -> Iterator[tuple[str, str]]:
    """The names that Claude does not take, each with its place in the answer."""
    for index, tool in enumerate(tools):
        name = tool.get("name")
        if not isinstance(name, str) or not TOOL_NAME.fullmatch(name):
            yield f"response.body.result.tools.{index}.name", str(name)


def _begun_between(trace: Trace, first: Exchange, last: Exchange) -> bool:
    begun = (one.n for one in trace.exchanges if one.purpose is Purpose.INITIALIZE)
    return any(first.n < number < last.n for number in begun)


def _issues(exchange: Exchange) -> bool:
    document = exchange.json_object
    return exchange.status == 200 and "access_token" in (document or {})
