"""Contract rows about how the MCP endpoint answers without a token, and which MCP it speaks."""

import json
from collections.abc import Iterator

from harness.diagnosis.contract import Row
from harness.diagnosis.reading import evidence, is_html, simulated
from harness.model.jsonrpc import messages
from harness.model.trace import Exchange, Purpose, Request, Step, Trace
from harness.model.verdict import Evidence, Impact

OLDEST_VERSION = "2025-06-18"
"""The oldest MCP version that Claude was reported to go on with."""
MEDIA_TYPES = ("application/json", "text/event-stream")

_REQUESTS = (
    Purpose.DISCOVER,
    Purpose.INITIALIZE,
    Purpose.LIST_TOOLS,
    Purpose.LIST_PROMPTS,
    Purpose.LIST_RESOURCES,
    Purpose.CALL_TOOL,
)


def agreed_version(trace: Trace) -> tuple[Exchange, str] | None:
    """The answer to the last initialize, and the version that it settles on."""
    answer = trace.last(Step.CONNECT, Purpose.INITIALIZE)
    for message in messages(answer.response) if answer and answer.response else ():
        result = message.get("result")
        version = result.get("protocolVersion") if isinstance(result, dict) else None
        if answer is not None and isinstance(version, str):
            return answer, version
    return None


def _version(trace: Trace) -> Iterator[Evidence]:
    found = agreed_version(trace)
    if found is None:
        return
    newest = _asked_version(found[0].request)
    if found[1] < OLDEST_VERSION or (newest is not None and found[1] > newest):
        yield evidence(
            found[0],
            "response.body.result.protocolVersion",
            found[1],
            f"{OLDEST_VERSION} to {newest or 'the version asked for'}",
        )


def _asked_version(request: Request) -> str | None:
    params = (request.json_object or {}).get("params")
    version = params.get("protocolVersion") if isinstance(params, dict) else None
    return version if isinstance(version, str) else None


def odd_media_type(trace: Trace) -> Exchange | None:
    """The first answer to a JSON-RPC request that is neither labelled JSON nor an event stream."""
    for one in trace.exchanges:
        if one.purpose not in _REQUESTS or one.step.position < Step.CONNECT.position:
            continue
        response = one.response
        if response is None or one.exploration or response.status != 200 or is_html(response):
            continue
        # Recordings of the real Claude may have left the body out, and so do other programs.
        unseen = not response.body and (trace.imported is not None or not simulated(trace))
        if response.media_type not in MEDIA_TYPES and not unseen:
            return one
    return None


def _media_type(trace: Trace) -> Iterator[Evidence]:
    one = odd_media_type(trace)
    if one is not None and one.response is not None:
        found = one.response.header("content-type") or "(absent)"
        yield evidence(one, "response.header.content-type", found, " or ".join(MEDIA_TYPES))


def toolless_list(trace: Trace) -> Iterator[Evidence]:
    """The result of tools/list that holds no list of tools."""
    answer = trace.last(Step.SESSION, Purpose.LIST_TOOLS)
    for message in messages(answer.response) if answer and answer.response else ():
        result = message.get("result")
        if answer is None or not isinstance(result, dict):
            continue
        if not isinstance(result.get("tools"), list):
            yield evidence(answer, "response.body.result", json.dumps(result), "tools: [...]")


ROWS: tuple[Row, ...] = (
    Row(
        id="connect.version",
        step=Step.CONNECT,
        title="the server settles on an MCP version that Claude does not take",
        source="github.com/anthropics/claude-ai-mcp/issues/136",
        check=_version,
        impact=Impact.DEGRADES,
    ),
    Row(
        id="connect.content-type",
        step=Step.CONNECT,
        title="an answer is labelled neither as JSON nor as an event stream",
        source="MCP 2025-11-25, transports",
        check=_media_type,
        impact=Impact.DEGRADES,
    ),
    Row(
        id="session.tool-list",
        step=Step.SESSION,
        title="tools/list answers without a list of tools",
        source="MCP 2025-11-25, tools",
        check=toolless_list,
        impact=Impact.DEGRADES,
    ),
)
