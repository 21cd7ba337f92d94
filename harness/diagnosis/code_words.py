"""What Claude Code says of a stop: `claude mcp login` its reason, `claude mcp list` the state."""

from harness.diagnosis.reading import refused, used
from harness.model.jsonrpc import answer_to
from harness.model.trace import Exchange, Json, Purpose, Step, Trace
from harness.model.wellknown import origin, query

_MOST = 120
NO_ENDPOINT = "MCP endpoint not found at"
NEEDS_SIGN_IN = "Needs authentication"
NO_REGISTRATION = "Incompatible auth server: does not support dynamic client registration"
NO_S256 = "Incompatible auth server: does not support code challenge method S256"
NOT_JSON = "JSON Parse error"
NOT_OAUTH = "Invalid OAuth error response"
MISTYPED = "Invalid input: expected ..."
ISSUER = "Issuer mismatch in authorization response (RFC 9207)"


def claude_code_says(trace: Trace) -> str | None:
    """The words measured with 2.1.330, cut where what follows is the server's or is long."""
    if trace.stop is None:
        return None
    match trace.stop.step:
        case Step.CHALLENGE:
            return _of_first_call(trace)
        case Step.RESOURCE_METADATA:
            return _of_resource(trace)
        case Step.SERVER_METADATA:
            return _of_server(trace)
        case Step.REGISTRATION:
            return _of_registration(trace)
        case Step.CALLBACK:
            return _of_callback(trace)
        case Step.TOKEN:
            return _of_token(trace.last(Step.TOKEN, Purpose.TOKEN))
        case Step.CONNECT:
            last = trace.last(Step.CONNECT, Purpose.INITIALIZE, Purpose.DISCOVER)
            return _of_call(last) if last else None
    return None


def _of_first_call(trace: Trace) -> str | None:
    last = trace.last(Step.CHALLENGE, Purpose.INITIALIZE, Purpose.DISCOVER)
    if last is not None and last.status == 404:
        return f"{NO_ENDPOINT} {origin(trace.target)}. Check the URL in your MCP config."
    return _of_call(last) if last else None


def _of_call(exchange: Exchange) -> str | None:
    response = exchange.response
    if response is None:
        return None
    if response.status in (401, 403):
        return NEEDS_SIGN_IN
    if response.status != 200:
        return _cut(f"HTTP {response.status}: Error POSTing to endpoint: {response.text}")
    if response.media_type not in ("application/json", "text/event-stream"):
        return f"Unexpected content type: {response.header('content-type')}"
    found = answer_to(exchange)
    if found is not None and found.error is not None:
        return _cut(f"{found.error_code}: {found.error.get('message', '')}")
    return None


def _of_resource(trace: Trace) -> str | None:
    answer = refused(trace)
    resource = (answer.json_object or {}).get("resource") if answer else None
    return f"Protected resource {resource} does not match expected ..." if resource else None


def _of_server(trace: Trace) -> str | None:
    answer = used(trace, Step.SERVER_METADATA) or trace.last(Step.SERVER_METADATA)
    if answer is None or answer.response is None:
        return None
    if answer.response.status >= 500:
        return f"HTTP {answer.response.status} trying to load OAuth metadata"
    return MISTYPED if answer.json_object is not None else NOT_JSON


def _of_registration(trace: Trace) -> str | None:
    answer = trace.last(Step.REGISTRATION, Purpose.REGISTER)
    if answer is None or answer.response is None:
        return NO_REGISTRATION
    if answer.response.status in (200, 201):
        return NO_S256 if "S256" in _stop(trace) else MISTYPED
    text = answer.response.text
    return _cut(f"Dynamic Client Registration rejected (HTTP {answer.response.status}): {text}")


def _of_callback(trace: Trace) -> str | None:
    answer = trace.last(Step.CALLBACK)
    given = query(answer.request.url) if answer else {}
    if "error" in given:
        more = given.get("error_description")
        return _cut(f"OAuth error: {given['error']}" + (f" - {more}" if more else ""))
    return ISSUER if "issuer" in _stop(trace) else None


def _of_token(answer: Exchange | None) -> str | None:
    if answer is None or answer.response is None:
        return None
    document = answer.json_object
    error = document.get("error") if document else None
    if document is not None and isinstance(error, str):
        more: Json = document.get("error_description")
        return _cut(more if isinstance(more, str) and more else error)
    if answer.response.status == 200:
        return NOT_JSON if document is None else MISTYPED
    return f"HTTP {answer.response.status}: {NOT_OAUTH}"


def _stop(trace: Trace) -> str:
    return trace.stop.text if trace.stop else ""


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _MOST else f"{flat[: _MOST - 3]}..."
