"""The MCP URL with its closing slash added or taken away, where it is the real endpoint."""

from dataclasses import replace

from harness.diagnosis.reading import evidence
from harness.model.answer import Asked
from harness.model.challenge import bearer
from harness.model.jsonrpc import answer
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Evidence


def answers_as_mcp(trace: Trace) -> Exchange | None:
    """The straight answer of an MCP server at the other spelling, None when there is none."""
    asked = list(trace.at(Step.CHALLENGE, Purpose.OTHER_SLASH))
    if len(asked) != 1 or asked[0].response is None:
        return None
    response = asked[0].response
    challenged = bearer(response.header_lines("www-authenticate")) is not None
    open_to_all = response.status == 200 and answer(response, 0) is not None
    return asked[0] if (response.status == 401 and challenged) or open_to_all else None


def other_evidence(exchange: Exchange) -> Evidence:
    return evidence(exchange, "response.status", f"{exchange.status} at {exchange.request.url}")


def served_with_slash(asked: Asked) -> Asked:
    """The request as a server sees it whose route is `/mcp/`."""
    if asked.path != "/mcp/":
        return asked
    return replace(asked, url=asked.url.replace("/mcp/", "/mcp", 1))
