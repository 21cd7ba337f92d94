"""Contract rows from registration to the token."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from harness.diagnosis.contract import Row
from harness.diagnosis.reading import (
    body_evidence,
    evidence,
    needs_human,
    status_evidence,
    stopped_at,
    used,
)
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Evidence, Impact


def _way_to_register(trace: Trace) -> Iterator[Evidence]:
    if not stopped_at(trace, Step.REGISTRATION):
        return
    metadata = used(trace, Step.SERVER_METADATA)
    if next(trace.at(Step.REGISTRATION), None) is None and metadata is not None:
        yield evidence(
            metadata,
            "response.body.registration_endpoint",
            "(no usable value)",
            "an endpoint, or CIMD with `none` among the methods",
        )


def _registered(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.REGISTRATION, Purpose.REGISTER)
    if answer is None or not stopped_at(trace, Step.REGISTRATION):
        return
    yield from _answer(answer, "201 with a client_id")


def _grants_accepted(trace: Trace) -> Iterator[Evidence]:
    if trace.decision(Step.REGISTRATION, "without_refused_grant") is not True:
        return
    first = next(trace.at(Step.REGISTRATION, Purpose.REGISTER), None)
    if first is not None:
        yield body_evidence(first, "201, unknown grants left out of the answer")


def _authorize_answers(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.AUTHORIZE, Purpose.AUTHORIZE)
    if answer is not None and stopped_at(trace, Step.AUTHORIZE):
        yield from _answer(answer, "a sign-in page or a redirect")


def _reaches_callback(trace: Trace) -> Iterator[Evidence]:
    if not stopped_at(trace, Step.LOGIN) or needs_human(trace):
        return
    answer = trace.last(Step.LOGIN)
    if answer is not None:
        yield from _answer(answer, "a redirect to Claude's callback")


def _callback(trace: Trace) -> Exchange | None:
    return trace.last(Step.CALLBACK)


def _callback_by_get(trace: Trace) -> Iterator[Evidence]:
    callback = _callback(trace)
    if callback is not None and callback.request.method != "GET":
        yield evidence(callback, "request.method", callback.request.method, "GET")


def _callback_state(trace: Trace) -> Iterator[Evidence]:
    callback = _callback(trace)
    asked = _first_authorize(trace)
    if callback is None or callback.request.method != "GET":
        return
    state = parameters(callback).get("state")
    expected = parameters(asked).get("state") if asked else None
    if state is None:
        yield evidence(callback, "request.url", "no state", "the state of the request")
    elif stopped_at(trace, Step.CALLBACK) and expected is not None and state != expected:
        yield evidence(callback, "request.url", state, expected)


def _first_authorize(trace: Trace) -> Exchange | None:
    return next(trace.at(Step.AUTHORIZE, Purpose.AUTHORIZE), None)


def _callback_code(trace: Trace) -> Iterator[Evidence]:
    callback = _callback(trace)
    if callback is None or callback.request.method != "GET":
        return
    values = parameters(callback)
    if not values.get("code"):
        said = values.get("error")
        description = values.get("error_description")
        text = f"error={said}" if said else "no code"
        yield evidence(
            callback, "request.url", f"{text}: {description}" if description else text, "a code"
        )


def _callback_issuer(trace: Trace) -> Iterator[Evidence]:
    callback = _callback(trace)
    issuer = trace.decision(Step.SERVER_METADATA, "issuer")
    if callback is None or not isinstance(issuer, str):
        return
    named = parameters(callback).get("iss")
    if named is not None and named != issuer:
        yield evidence(callback, "request.url", f"iss={named}", issuer)


def _token_issued(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.TOKEN, Purpose.TOKEN)
    if answer is not None and stopped_at(trace, Step.TOKEN):
        yield from _answer(answer, "200 with an access_token")


def parameters(exchange: Exchange) -> dict[str, str]:
    """The query parameters of a request."""
    return dict(parse_qsl(urlsplit(exchange.request.url).query, keep_blank_values=True))


def _answer(exchange: Exchange, expected: str) -> Iterator[Evidence]:
    """What came instead: the status, and the body where there is one."""
    yield status_evidence(exchange, expected)
    if exchange.response is not None and exchange.response.body:
        yield body_evidence(exchange)


ROWS = (
    Row(
        id="registration.way",
        step=Step.REGISTRATION,
        title="there is no way for Claude to get a client id",
        source="claude.com/docs/connectors/building/authentication",
        check=_way_to_register,
    ),
    Row(
        id="registration.accepted",
        step=Step.REGISTRATION,
        title="the registration is not accepted",
        source="RFC 7591 section 3.2.1",
        check=_registered,
    ),
    Row(
        id="registration.grants",
        step=Step.REGISTRATION,
        title="the registration is refused for a grant type Claude lists",
        source="RFC 7591 section 3.2.1",
        check=_grants_accepted,
        impact=Impact.DEGRADES,
    ),
    Row(
        id="authorize.answers",
        step=Step.AUTHORIZE,
        title="the authorization endpoint refuses the request",
        source="RFC 6749 section 4.1.1",
        check=_authorize_answers,
    ),
    Row(
        id="login.reaches-callback",
        step=Step.LOGIN,
        title="the sign-in does not lead to Claude's callback",
        source="RFC 6749 section 4.1.2",
        check=_reaches_callback,
    ),
    Row(
        id="callback.get",
        step=Step.CALLBACK,
        title="Claude's callback is not called with GET",
        source="github.com/anthropics/claude-ai-mcp/issues/313",
        check=_callback_by_get,
    ),
    Row(
        id="callback.state",
        step=Step.CALLBACK,
        title="the callback does not carry the state back",
        source="RFC 6749 section 4.1.2",
        check=_callback_state,
    ),
    Row(
        id="callback.code",
        step=Step.CALLBACK,
        title="the callback carries no code",
        source="RFC 6749 section 4.1.2",
        check=_callback_code,
    ),
    Row(
        id="callback.issuer",
        step=Step.CALLBACK,
        title="the callback names another issuer",
        source="RFC 9207 section 2.4",
        check=_callback_issuer,
        impact=Impact.DEGRADES,
    ),
    Row(
        id="token.issued",
        step=Step.TOKEN,
        title="the token endpoint issues no token",
        source="RFC 6749 section 5.1",
        check=_token_issued,
    ),
)
