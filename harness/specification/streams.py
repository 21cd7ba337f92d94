"""Event streams of the Streamable HTTP transport."""

import json

from harness.diagnosis.reading import body_evidence, evidence
from harness.model.jsonrpc import events
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.specification.calls import Call, calls, stream_messages
from harness.specification.reading import Found, response, shown, some, when
from harness.specification.reasons import SECOND_STREAM
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)


@requirement("sh-sse-format")
def events_well_formed(trace: Trace) -> Found:
    """Each event of a stream holds one JSON-RPC message."""
    for one in _streams(trace):
        for data in _complete(response(one).body):
            if data.strip() and not _is_message(data):
                yield evidence(one, "response.body", data, "a JSON-RPC message")


@requirement("sh-sse-response")
def stream_answers(trace: Trace) -> Found:
    """The stream of a call carries its answer."""
    for call in _streamed(trace):
        if call.request_id is not None and call.answer is None:
            yield body_evidence(call.exchange, f"the answer to {call.request_id}")


@requirement("sh-sse-related")
def no_requests_on_a_stream(trace: Trace) -> Found:
    """No stream carries a request of the server."""
    for call in _streamed(trace):
        for message in stream_messages(call.exchange):
            if "method" in message and "id" in message:
                yield evidence(call.exchange, "response.body", message["method"], "no request")


@requirement("sh-sse-get-no-response")
def no_answers_on_the_get_stream(trace: Trace) -> Found:
    """The stream of a GET carries no answers."""
    one = shown(trace.last(Step.SESSION, Purpose.STREAM))
    found = some(stream_messages(one))
    for message in found:
        if "method" not in message and ("result" in message or "error" in message):
            yield evidence(one, "response.body", f"an answer to {message.get('id')}", "no answer")


@requirement("sh-sse-buffer-header")
def buffering_forbidden(trace: Trace) -> Found:
    """A stream tells proxies not to buffer it."""
    for call in _streamed(trace):
        found = response(call.exchange).header("x-accel-buffering")
        if (found or "").strip().lower() != "no":
            yield evidence(
                call.exchange, "response.header.x-accel-buffering", found or "(absent)", "no"
            )


@requirement("sh-sse-prime")
def stream_can_be_resumed(trace: Trace) -> Found:
    """A stream begins with an event that has an id and no data."""
    for call in _streamed(trace):
        first = _lines(response(call.exchange).body).partition("\n\n")[0].split("\n")
        has_id = any(line.startswith("id:") for line in first)
        empty = not any(line.startswith("data:") and line[5:].strip() for line in first)
        if not (has_id and empty):
            yield evidence(call.exchange, "response.body", first[0], "an id and empty data")


@requirement("sh-event-ids")
def event_ids_unique(trace: Trace) -> Found:
    """No event id comes twice in a session."""
    seen: set[str] = set()
    for one in _streams(trace):
        for line in _lines(response(one).body).split("\n")[:5000]:
            if line.startswith("id:") and line[3:].strip():
                if line[3:].strip() in seen:
                    yield evidence(one, "response.body", line, "an id of its own")
                seen.add(line[3:].strip())
    when(seen)


@requirement("sh-log-opt-in")
def no_logs_unasked(trace: Trace) -> Found:
    """No log message comes to a call that did not ask for any."""
    for call in _streamed(trace):
        when("logLevel" not in call.exchange.request.text)
        for message in stream_messages(call.exchange):
            if message.get("method") == "notifications/message":
                yield evidence(call.exchange, "response.body", "notifications/message", "no log")


_UNSEEN = (unseen("sh-sse-no-broadcast", "A message goes to one stream only.", SECOND_STREAM),)


def _streams(trace: Trace) -> list[Exchange]:
    """Every answer of the MCP server that is an event stream."""
    return some(
        one
        for one in trace.exchanges
        if one.step in (Step.CONNECT, Step.SESSION, Step.REFRESH, Step.STEP_UP)
        and one.response is not None
        and one.response.media_type == "text/event-stream"
    )


def _streamed(trace: Trace) -> list[Call]:
    """The calls that were answered by an event stream."""
    return some(one for one in calls(trace) if one.streamed and one.exchange.status == 200)


def _lines(body: bytes) -> str:
    text = body.decode("utf-8", errors="replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _complete(body: bytes) -> list[str]:
    """The data of the events that ended, without the one that was cut off; a thousand at most."""
    text = _lines(body)
    whole = text[: text.rfind("\n\n") + 2] if "\n\n" in text else ""
    return [data for data, _ in zip(events(whole.encode()), range(1000), strict=False)]


def _is_message(data: str) -> bool:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return False
    batch = value if isinstance(value, list) and value else [value]
    return all(isinstance(one, dict) and one.get("jsonrpc") == "2.0" for one in batch)


ROWS: tuple[Requirement, ...] = (
    events_well_formed,
    stream_answers,
    no_requests_on_a_stream,
    no_answers_on_the_get_stream,
    buffering_forbidden,
    stream_can_be_resumed,
    event_ids_unique,
    no_logs_unasked,
    *_UNSEEN,
)
