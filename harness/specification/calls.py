"""The MCP calls of a trace, and which revision they were made under."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from harness.diagnosis.reading import evidence
from harness.model.jsonrpc import RpcAnswer, answer, messages
from harness.model.trace import Exchange, Json, NoteKind, Purpose, Step, Trace
from harness.model.verdict import Evidence
from harness.specification.reading import some
from harness.specification.requirement import Revision

_STEPS = (Step.CONNECT, Step.SESSION, Step.REFRESH, Step.STEP_UP)
DEFAULT = Revision.V2025_11_25
_MODERN = Revision.V2026_07_28


@dataclass(frozen=True)
class Call:
    """One JSON-RPC request or notification behind the sign-in."""

    exchange: Exchange
    method: str
    request_id: str | int | None

    @property
    def answer(self) -> RpcAnswer | None:
        if self.request_id is None:
            return None
        return answer(self.exchange.response, self.request_id)

    @property
    def result(self) -> dict[str, Json] | None:
        found = self.answer
        return found.result if found else None

    @property
    def error_code(self) -> int | None:
        found = self.answer
        return found.error_code if found else None

    @property
    def streamed(self) -> bool:
        """True when the answer is an event stream."""
        found = self.exchange.response
        return found is not None and found.media_type == "text/event-stream"

    @property
    def stateless(self) -> bool:
        """True when the call was made by the rules of 2026-07-28."""
        return self.exchange.request.header("mcp-method") is not None


def calls(trace: Trace) -> list[Call]:
    """Every MCP call that got an answer, in order; exploration is left out."""
    return some(_calls(trace))


def stateless_calls(trace: Trace) -> list[Call]:
    """The calls of the stateless era in a connection that speaks it."""
    return some(one for one in _calls(trace) if one.stateless)


def results(trace: Trace, *, stateless: bool = False) -> list[tuple[Call, dict[str, Json]]]:
    """The calls that have a result, with it."""
    return some(
        (one, one.result)
        for one in _calls(trace)
        if one.result is not None and (one.stateless or not stateless)
    )


def last_result(trace: Trace, purpose: Purpose) -> tuple[Call, dict[str, Json]]:
    """The latest result of a kind of call."""
    found = [one for one in results(trace) if one[0].exchange.purpose is purpose]
    return some(found)[-1]


def stream_messages(exchange: Exchange) -> list[dict[str, Json]]:
    """The JSON-RPC messages of an event stream, at most a thousand."""
    if exchange.response is None or exchange.response.media_type != "text/event-stream":
        return []
    return [one for one, _ in zip(messages(exchange.response), range(1000), strict=False)]


def negotiated(trace: Trace) -> Revision:
    """The revision that the connection speaks; 2025-11-25 where none was agreed on."""
    if trace.decision(Step.CONNECT, "era") == "modern":
        return _MODERN
    version: Json = None
    for call in _calls(trace):
        if call.exchange.step is Step.CONNECT and call.result is not None:
            if call.method == "initialize":
                version = call.result.get("protocolVersion")
            elif call.method == "server/discover" and not _decided(trace):
                version = call.exchange.request.header("mcp-protocol-version")
    return Revision(version) if version in list(Revision) else DEFAULT


def result_evidence(call: Call, member: str, expected: str) -> Evidence:
    """What a member of a call's result holds, or that it is absent."""
    result = call.result or {}
    found = json.dumps(result[member]) if member in result else "(absent)"
    return evidence(call.exchange, f"response.body.result.{member}", found, expected)


def _decided(trace: Trace) -> bool:
    """True when the client noted which era it speaks."""
    return any("era" in note.data for note in trace.noted(NoteKind.DECISION, Step.CONNECT))


def _calls(trace: Trace) -> Iterator[Call]:
    for exchange in trace.exchanges:
        if exchange.step in _STEPS and exchange.response is not None and not exchange.exploration:
            method, request_id = _head(exchange.request.body)
            if method is not None:
                yield Call(exchange, method, request_id)


@lru_cache(512)
def _head(body: bytes) -> tuple[str | None, str | int | None]:
    """Method and id of a JSON-RPC message."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return None, None
    method, request_id = message.get("method"), message.get("id")
    known = isinstance(request_id, str | int) and not isinstance(request_id, bool)
    return (method if isinstance(method, str) else None), (request_id if known else None)
