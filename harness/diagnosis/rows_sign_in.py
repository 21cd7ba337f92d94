"""Contract rows from registration to the token."""

from collections.abc import Iterator

from harness.diagnosis.browsing import (
    authorization_request,
    callback,
    end_of_sign_in,
    internal_redirect,
    parameters,
    posts_to,
    sign_in,
    way_back_as_json,
)
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
    answer, end = authorization_request(trace), end_of_sign_in(trace)
    if answer is None:
        return
    # Traffic of the real Claude holds no note of a client that stopped.
    ended = trace.stop is None and end is not None and end.last is answer
    if stopped_at(trace, Step.AUTHORIZE) or (ended and (answer.status or 0) >= 400):
        yield from _answer(answer, "a sign-in page or a redirect")


def _reaches_callback(trace: Trace) -> Iterator[Evidence]:
    if not stopped_at(trace, Step.LOGIN) or needs_human(trace):
        return
    answer = trace.last(Step.LOGIN)
    if answer is not None:
        yield from _answer(answer, "a redirect to Claude's callback")


def _way_on_is_a_redirect(trace: Trace) -> Iterator[Evidence]:
    found = way_back_as_json(trace)
    if found is None:
        return
    answer, member = found
    # A script of the page may read the address and go there; without one nothing does.
    page = sign_in(trace)[-1].page
    if page is None or page.response is None or b"<script" not in page.response.body.lower():
        yield status_evidence(answer, "303 to Claude's callback")
        yield evidence(answer, f"response.body.{member}", "the callback's address")


def _public_hosts(trace: Trace) -> Iterator[Evidence]:
    hop = internal_redirect(trace)
    if hop is not None and hop.response is not None:
        location = hop.response.header("location")
        yield evidence(hop, "response.header.location", location, "a public address")


def _callback_by_get(trace: Trace) -> Iterator[Evidence]:
    reached = callback(trace)
    if reached is not None and reached.request.method != "GET":
        yield evidence(reached, "request.method", reached.request.method, "GET")
    # A form that only a script sends was not sent, but it could only be sent the wrong way.
    asked, end = authorization_request(trace), end_of_sign_in(trace)
    redirect_uri = parameters(asked).get("redirect_uri") if asked else None
    if redirect_uri and end is not None and end.last.response is not None:
        form = posts_to(end.last.response, redirect_uri)
        if form is not None:
            yield evidence(end.last, "response.body", form, "a redirect to the callback")


def _callback_state(trace: Trace) -> Iterator[Evidence]:
    reached, asked = callback(trace), authorization_request(trace)
    if reached is None or reached.request.method != "GET":
        return
    state = parameters(reached).get("state")
    expected = parameters(asked).get("state") if asked else None
    if not state:
        found = "no state" if state is None else "an empty state"
        yield evidence(reached, "request.url", found, "the state of the request")
    elif stopped_at(trace, Step.CALLBACK) and expected is not None and state != expected:
        yield evidence(reached, "request.url", f"state={state}", expected)


def _callback_code(trace: Trace) -> Iterator[Evidence]:
    reached = callback(trace)
    if reached is None or reached.request.method != "GET":
        return
    values = parameters(reached)
    if not values.get("code"):
        said = values.get("error")
        description = values.get("error_description")
        text = f"error={said}" if said else "no code"
        yield evidence(
            reached, "request.url", f"{text}: {description}" if description else text, "a code"
        )


def _callback_issuer(trace: Trace) -> Iterator[Evidence]:
    reached, metadata = callback(trace), used(trace, Step.SERVER_METADATA)
    document = metadata.json_object if metadata else None
    if reached is None or document is None or reached.request.method != "GET":
        return
    named = parameters(reached).get("iss")
    # Where the metadata names another issuer than the one it was found by, that is the failure.
    known = (document.get("issuer"), trace.decision(Step.SERVER_METADATA, "issuer"))
    if named is not None and named not in known:
        yield evidence(reached, "request.url", f"iss={named}", str(known[0]))
    elif (
        named is None
        and parameters(reached).get("code")
        and document.get("authorization_response_iss_parameter_supported") is True
    ):
        yield evidence(reached, "request.url", "no iss", f"iss={known[0]}")


def _issuer_impact(trace: Trace) -> Impact:
    """A wrong issuer is a warning where it is not compared, a missing one less than that."""
    reached = callback(trace)
    if stopped_at(trace, Step.CALLBACK) and not any(
        (*_callback_state(trace), *_callback_code(trace))
    ):
        return Impact.BREAKS
    named = parameters(reached).get("iss") if reached else None
    return Impact.ADVISORY if named is None else Impact.DEGRADES


def _token_issued(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.TOKEN, Purpose.TOKEN)
    if answer is not None and stopped_at(trace, Step.TOKEN):
        yield from _answer(answer, "200 with an access_token")


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
        source="RFC 7591 section 3.2",
        check=_registered,
        follows=("server-metadata.found",),
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
        id="login.redirects",
        step=Step.LOGIN,
        title="the way back to Claude comes as data and not as a redirect",
        source="RFC 6749 section 4.1.2",
        check=_way_on_is_a_redirect,
    ),
    Row(
        id="login.public-hosts",
        step=Step.LOGIN,
        title="the sign-in redirects to a host that only exists inside a network",
        source="github.com/oblien/openship/issues/540",
        check=_public_hosts,
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
        title="the callback does not name the issuer of the metadata",
        source="RFC 9207 section 2.4",
        check=_callback_issuer,
        impact=_issuer_impact,
    ),
    Row(
        id="token.issued",
        step=Step.TOKEN,
        title="the token endpoint issues no token",
        source="RFC 6749 section 5.1",
        check=_token_issued,
    ),
)
