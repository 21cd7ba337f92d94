"""Streamable HTTP: one endpoint, one message in a POST, sessions."""

from harness.diagnosis.reading import body_evidence, evidence, status_evidence
from harness.model.jsonrpc import messages
from harness.model.trace import Exchange, Json, Purpose, Step, Trace
from harness.specification.calls import Call, calls
from harness.specification.reading import Found, response, shown, some, when
from harness.specification.reasons import (
    INTERNALS,
    NEVER_SENT,
    NO_ORIGIN,
    OLD_TRANSPORT,
    SECRET,
    not_ours,
    ours,
)
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)
from harness.specification.tools import listed

_LONG = 300_000.0
_LARGE = 150_000


@requirement("sh-endpoint-methods")
def endpoint_takes_post(trace: Trace) -> Found:
    """The MCP URL takes POST."""
    call = [one for one in calls(trace) if one.exchange.step is Step.CONNECT][-1:]
    for one in some(call):
        if one.exchange.status in (405, 501):
            yield status_evidence(one.exchange, "200")


@requirement("sh-response-type")
def answer_is_json_or_stream(trace: Trace) -> Found:
    """A call is answered with JSON or an event stream."""
    served = [one for one in calls(trace) if one.request_id is not None]
    for call in some(one for one in served if one.exchange.status == 200):
        kind = response(call.exchange).media_type
        if kind not in ("application/json", "text/event-stream"):
            found = kind or "(absent)"
            expected = "application/json or text/event-stream"
            yield evidence(call.exchange, "response.header.content-type", found, expected)


@requirement("sh-accept-tolerant")
def accept_in_any_order(trace: Trace) -> Found:
    """No call is refused for the order or the wildcards of its Accept header."""
    posts = [one for one in trace.exchanges if one.request.url == trace.target]
    for one in some(each for each in posts if each.response is not None):
        if one.status == 406:
            yield status_evidence(one, "an answer")


@requirement("sh-notification-202")
def notification_accepted(trace: Trace) -> Found:
    """A notification that is accepted is answered with 202 and no body."""
    sent = [one for one in calls(trace) if one.request_id is None]
    for call in some(sent):
        answer = response(call.exchange)
        if answer.status < 300 and answer.status != 202:
            yield status_evidence(call.exchange, "202")
        elif answer.status == 202 and answer.body:
            yield body_evidence(call.exchange, "no body")


@requirement("sh-get")
def get_opens_a_stream(trace: Trace) -> Found:
    """GET opens an event stream, or is refused with 405."""
    one = shown(trace.last(Step.SESSION, Purpose.STREAM))
    when(one.status not in (401, 403))
    streams = response(one).media_type == "text/event-stream" and one.status == 200
    if not streams and one.status != 405:
        yield status_evidence(one, "an event stream, or 405")


@requirement("sh-origin-absent")
def served_without_origin(trace: Trace) -> Found:
    """A call without an Origin is served."""
    for call in calls(trace):
        refused = call.exchange.status == 403 and "origin" in _start(call.exchange)
        if refused and call.exchange.request.header("origin") is None:
            yield body_evidence(call.exchange, "the call served")


@requirement("sh-host-check")
def public_name_accepted(trace: Trace) -> Found:
    """The server accepts its own public name as Host."""
    posts = [one for one in trace.exchanges if one.request.url == trace.target]
    for one in some(each for each in posts if each.response is not None):
        start = _start(one)
        hosts = "invalid host" in start or ("host" in start and "not allowed" in start)
        if one.status == 421 or (one.status in (400, 403) and hosts):
            yield status_evidence(one, "an answer to this Host")


@requirement("sh-jsonrpc")
def messages_well_formed(trace: Trace) -> Found:
    """Every answer is a JSON-RPC message with the id of its call."""
    judged = 0
    for call in calls(trace):
        if call.request_id is None or not _answers(call):
            continue
        judged += 1
        fault = _fault(call)
        if fault is not None:
            yield body_evidence(call.exchange, fault)
    when(judged)


@requirement("sh-session-missing-400")
def missing_session_is_400(trace: Trace) -> Found:
    """A server that needs the session id refuses a call without it with 400."""
    one = shown(trace.last(Step.SESSION, Purpose.WITHOUT_SESSION))
    when(response(one).status >= 300)
    if one.status != 400:
        yield status_evidence(one, "400")


@requirement("sh-session-delete")
def session_can_be_ended(trace: Trace) -> Found:
    """DELETE ends the session, or is refused with 405."""
    one = shown(trace.last(Step.SESSION, Purpose.END_SESSION))
    when(one.status not in (401, 403))
    if not 200 <= response(one).status < 300 and one.status != 405:
        yield status_evidence(one, "2xx or 405")


@requirement("sh-session-multi-instance")
def session_known_everywhere(trace: Trace) -> Found:
    """A session that was opened is known to every later call."""
    named = [one for one in calls(trace) if one.exchange.request.header("mcp-session-id")]
    for call in some(named):
        if call.exchange.status in (400, 404) and "session" in _start(call.exchange):
            yield body_evidence(call.exchange, "the call served")


@requirement("sh-tools-shape")
def tools_well_formed(trace: Trace) -> Found:
    """Each tool has a name of its own and an input schema of type object."""
    call, tools = listed(trace)
    names: list[str] = []
    for index, tool in enumerate(tools):
        place = f"response.body.result.tools.{index}"
        name, schema = tool.get("name"), tool.get("inputSchema")
        if not isinstance(name, str) or not name or name in names:
            yield evidence(call.exchange, f"{place}.name", name, "a name of its own")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            yield evidence(call.exchange, f"{place}.inputSchema", schema, 'type "object"')
        names.append(str(name))


@requirement("sh-limits")
def within_the_limits(trace: Trace) -> Found:
    """A call ends within five minutes, and its result is not beyond what Claude takes."""
    for call in calls(trace):
        if call.exchange.timing.total > _LONG:
            found = f"{call.exchange.timing.total:.0f} ms"
            yield evidence(call.exchange, "timing.total", found, f"at most {_LONG:.0f} ms")
        length = len(response(call.exchange).body)
        if call.method == "tools/call" and length > _LARGE:
            yield evidence(call.exchange, "response.body", f"{length} bytes", f"at most {_LARGE}")


_UNSEEN = (
    unseen("sh-origin-validated", "A call from a foreign page is refused.", NO_ORIGIN),
    unseen("sh-bind-localhost", "A local server listens on loopback only.", INTERNALS),
    unseen("sh-session-format", "A session id has visible characters only.", SECRET),
    unseen("sh-session-unknown-404", "An unknown session id is answered with 404.", NEVER_SENT),
    unseen(
        "sh-transport-deprecated", "A server does not speak the old transport alone.", OLD_TRANSPORT
    ),
    unseen(
        "c-sh-post",
        "Each message is a POST of its own that accepts JSON and streams.",
        ours("client.mcp"),
    ),
    unseen("c-sh-both-bodies", "JSON and event streams are both read.", ours("model.jsonrpc")),
    unseen("c-sh-session", "The session id is repeated on every later call.", ours("client.mcp")),
    unseen(
        "c-sh-ids",
        "Ids are strings or numbers, and unique.",
        not_ours("ours counts as Claude was seen to, so one id may come again in a later step"),
    ),
)


def _start(exchange: Exchange) -> str:
    return exchange.response.text[:4096].lower() if exchange.response else ""


def _answers(call: Call) -> bool:
    """True for an answer that claims to be JSON-RPC, or that ought to be."""
    answer = response(call.exchange)
    if answer.truncated and not call.streamed:
        return False
    return answer.status == 200 or "jsonrpc" in (answer.json_object or {})


def _fault(call: Call) -> str | None:
    """What is wrong with the JSON-RPC answer to a call, or None."""
    found = [one for one in messages(response(call.exchange)) if "method" not in one]
    if not found:
        # A stream without an answer is judged as a stream.
        return None if call.streamed else "a JSON-RPC message"
    for message in found:
        if message.get("jsonrpc") != "2.0":
            return 'jsonrpc "2.0"'
        if ("result" in message) is ("error" in message):
            return "a result or an error"
        if message.get("id") != call.request_id and not (
            "error" in message and message.get("id") is None
        ):
            return f"the id {call.request_id}"
        error = message.get("error")
        if "error" in message and not _well_formed(error):
            return "an error with a whole number as code and a message"
    return None


def _well_formed(error: Json) -> bool:
    if not isinstance(error, dict):
        return False
    code = error.get("code")
    whole = isinstance(code, int) and not isinstance(code, bool)
    return whole and isinstance(error.get("message"), str)


ROWS: tuple[Requirement, ...] = (
    endpoint_takes_post,
    answer_is_json_or_stream,
    accept_in_any_order,
    notification_accepted,
    get_opens_a_stream,
    served_without_origin,
    public_name_accepted,
    messages_well_formed,
    missing_session_is_400,
    session_can_be_ended,
    session_known_everywhere,
    tools_well_formed,
    within_the_limits,
    *_UNSEEN,
)
