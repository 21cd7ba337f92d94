"""Contract rows from the first contact to the authorization server's metadata."""

from collections.abc import Callable, Iterator

from harness.diagnosis.browsing import is_internal
from harness.diagnosis.contract import Row
from harness.diagnosis.reading import (
    another_login,
    authless,
    body_evidence,
    challenge_parameter,
    endpoints_guessed,
    evidence,
    first_contact,
    guess_failed,
    metadata_answers,
    opening,
    redirect_host,
    refusal_evidence,
    refused,
    status_evidence,
    stopped_at,
    target_is_https,
    used,
    vercel_checkpoint,
)
from harness.model.challenge import bearer
from harness.model.trace import Exchange, Json, Purpose, Step, Trace, Voice
from harness.model.verdict import Evidence, Impact, Surface
from harness.model.wellknown import canonical_resource, difference, host, is_http_url

PAGE_HEADERS = ("authorization", "content-type", "mcp-protocol-version")


def _after_guess(otherwise: Impact) -> Callable[[Trace], Impact]:
    return lambda trace: Impact.BREAKS if guess_failed(trace) else otherwise


def _where_a_pointer_would_help(otherwise: Impact) -> Callable[[Trace], Impact]:
    """Breaking where nothing lies at the well-known addresses: only a pointer leads on then."""

    def impact(trace: Trace) -> Impact:
        asked = trace.at(Step.RESOURCE_METADATA)
        absent = all(one.status in (404, 405, 410) for one in asked)
        return Impact.BREAKS if guess_failed(trace) and absent else otherwise

    return impact


def _reached(trace: Trace) -> Iterator[Evidence]:
    first = first_contact(trace)
    if first and first.failure and first.failure.kind.before_request:
        yield evidence(first, "failure", first.failure.text)


def _answered(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer and answer.failure and not answer.failure.kind.before_request:
        yield evidence(answer, "failure", answer.failure.text, "an HTTP answer")


def _challenged(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer and answer.response and stopped_at(trace, Step.CHALLENGE) and answer.status != 401:
        yield status_evidence(answer, "401")


def _taken_without_sign_in(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.RUNTIME)
    if trace.surface != Surface.MESSAGES_API or answer is None:
        return
    brought = answer.request.header("authorization") is not None
    if brought and answer.status == 401 and stopped_at(trace, Step.CHALLENGE):
        yield from refusal_evidence(answer)


def _bearer_challenge(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer and answer.response and answer.status == 401:
        lines = answer.response.header_lines("www-authenticate")
        if bearer(lines) is None:
            yield evidence(
                answer,
                "response.header.www-authenticate",
                ", ".join(lines) or "(absent)",
                "a Bearer challenge",
            )


def _pointer(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer is None or answer.response is None or answer.status != 401:
        return
    lines = answer.response.header_lines("www-authenticate")
    challenge = bearer(lines)
    if challenge is not None and not is_http_url(challenge.params.get("resource_metadata")):
        yield evidence(
            answer,
            "response.header.www-authenticate",
            ", ".join(lines),
            "resource_metadata with an absolute URL",
        )


def _same_for_both_voices(trace: Trace) -> Iterator[Evidence]:
    broker, runtime = opening(trace, Voice.BROKER), opening(trace, Voice.RUNTIME)
    if broker is None or runtime is None or broker.status != 401:
        return
    if runtime.status not in (401, 200):
        yield status_evidence(runtime, "401, as python-httpx got it")


def _no_host_redirect(trace: Trace) -> Iterator[Evidence]:
    first = first_contact(trace)
    if first is None or first.response is None:
        return
    leads_to = redirect_host(first)
    if leads_to is not None and leads_to != host(first.request.url):
        yield evidence(
            first, "response.header.location", first.response.header("location"), "no redirect"
        )


def page_may_call(trace: Trace) -> Iterator[Evidence]:
    """What keeps a page of another origin from calling the server and reading its challenge."""
    preflight = trace.last(Step.CHALLENGE, Purpose.PREFLIGHT)
    response = preflight.response if preflight else None
    # A redirect, a gate or a firewall stands in the way of every client, not of browsers alone.
    if preflight is None or response is None or response.is_redirect:
        return
    if vercel_checkpoint(response) or another_login(response):
        return
    yield from _preflight(preflight)
    called = trace.last(Step.CHALLENGE, Purpose.PAGE_CALL)
    if called and called.response and called.response.status == 401:
        exposed = _listed(called, "access-control-expose-headers")
        if "www-authenticate" not in exposed and "*" not in exposed:
            yield evidence(
                called,
                "response.header.access-control-expose-headers",
                called.response.header("access-control-expose-headers") or "(absent)",
                "WWW-Authenticate",
            )


def _preflight(preflight: Exchange) -> Iterator[Evidence]:
    response = preflight.response
    assert response is not None
    if not 200 <= response.status < 300:
        yield status_evidence(preflight, "2xx without a token")
        return
    allowed = _listed(preflight, "access-control-allow-headers")
    # The wildcard does not cover Authorization (Fetch standard, CORS-preflight fetch).
    missing = [
        name
        for name in PAGE_HEADERS
        if name not in allowed and ("*" not in allowed or name == "authorization")
    ]
    if missing:
        yield evidence(
            preflight,
            "response.header.access-control-allow-headers",
            response.header("access-control-allow-headers") or "(absent)",
            ", ".join(missing),
        )


def _listed(exchange: Exchange, name: str) -> set[str]:
    value = exchange.response.header(name) if exchange.response else None
    return {one.strip().lower() for one in (value or "").split(",")}


def _resource_metadata_found(trace: Trace) -> Iterator[Evidence]:
    if _past(trace, Step.RESOURCE_METADATA) and used(trace, Step.RESOURCE_METADATA) is None:
        for one in metadata_answers(trace):
            if not one.exploration and one is not refused(trace):
                yield _not_a_document(one)


def _not_a_document(exchange: Exchange) -> Evidence:
    if exchange.response is not None and exchange.response.status == 200:
        return body_evidence(exchange, "a JSON object")
    return status_evidence(exchange, "200 with a JSON object")


def _path_form(trace: Trace) -> Iterator[Evidence]:
    if authless(trace) or stopped_at(trace, Step.CHALLENGE):
        return
    answer = trace.last(Step.RESOURCE_METADATA, Purpose.METADATA_PATH)
    if answer is not None and (answer.response is None or answer.response.status != 200):
        yield status_evidence(answer, "200")


def _for_this_resource(trace: Trace) -> Iterator[Evidence]:
    answer = refused(trace) or used(trace, Step.RESOURCE_METADATA)
    document = _object(answer)
    if answer is None or document is None:
        return
    resource = document.get("resource")
    if not isinstance(resource, str):
        yield evidence(answer, "response.body.resource", resource, trace.target)
        return
    own = canonical_resource(trace.target)
    differs = difference(trace.target, resource)
    # A bare host and the same with a slash are one address (RFC 3986 section 6.2.3).
    if differs == "trailing slash" and own.endswith("/"):
        return
    if differs in ("trailing slash", "path") or (differs and refused(trace) is answer):
        yield evidence(answer, "response.body.resource", resource, trace.target)


def _resource_impact(trace: Trace) -> Impact:
    if stopped_at(trace, Step.RESOURCE_METADATA):
        return Impact.BREAKS
    if refused(trace) is not None:
        return Impact.BREAKS if guess_failed(trace) else Impact.DEGRADES
    document = _object(used(trace, Step.RESOURCE_METADATA)) or {}
    differs = difference(trace.target, str(document.get("resource")))
    return Impact.DEGRADES if differs == "path" else Impact.ADVISORY


def _names_server(trace: Trace) -> Iterator[Evidence]:
    answer = refused(trace) or used(trace, Step.RESOURCE_METADATA)
    document = _object(answer)
    if answer is None or document is None:
        return
    servers = document.get("authorization_servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    if not is_http_url(first) or (target_is_https(trace) and not str(first).startswith("https:")):
        yield evidence(
            answer,
            "response.body.authorization_servers",
            servers if "authorization_servers" in document else "(absent)",
            "at least one https URL",
        )


def _server_metadata_found(trace: Trace) -> Iterator[Evidence]:
    # Without a challenge nobody said where the documents lie: not finding them proves nothing.
    if endpoints_guessed(trace) and not stopped_at(trace, Step.CHALLENGE):
        for one in _server_answers(trace):
            yield _not_a_document(one)


def _server_metadata_json(trace: Trace) -> Iterator[Evidence]:
    if stopped_at(trace, Step.CHALLENGE):
        return
    for one in _server_answers(trace):
        if one.response and one.response.status == 200 and one.response.json_object is None:
            yield body_evidence(one, "a JSON object, or 404")


def _server_answers(trace: Trace) -> Iterator[Exchange]:
    """The final answer of each form asked, behind redirects."""
    for purpose in (Purpose.RFC8414, Purpose.OIDC, Purpose.OIDC_APPENDED, Purpose.RFC8414_ROOT):
        found = trace.last(Step.SERVER_METADATA, purpose)
        if found is not None:
            yield found


def _issuer(trace: Trace) -> Iterator[Evidence]:
    answer = used(trace, Step.SERVER_METADATA)
    expected = trace.decision(Step.SERVER_METADATA, "issuer")
    document = _object(answer)
    if answer is None or document is None or not isinstance(expected, str):
        return
    issuer = document.get("issuer")
    if issuer != expected:
        yield evidence(answer, "response.body.issuer", issuer, expected)


def _endpoints(trace: Trace) -> Iterator[Evidence]:
    answer = used(trace, Step.SERVER_METADATA)
    document = _object(answer)
    if answer is None or document is None:
        return
    for name in ("authorization_endpoint", "token_endpoint"):
        if not is_http_url(document.get(name)):
            yield evidence(
                answer,
                f"response.body.{name}",
                document.get(name) if name in document else "(absent)",
                "an absolute http or https URL",
            )


def https_only(trace: Trace) -> Iterator[Evidence]:
    """Every address that a public https server publishes must be https."""
    if not target_is_https(trace):
        return
    answer = opening(trace, Voice.BROKER)
    pointer = challenge_parameter(answer, "resource_metadata")
    if answer is not None and _plain_http(trace, pointer):
        yield evidence(answer, "response.header.www-authenticate", pointer, "https")
    metadata = refused(trace) or used(trace, Step.RESOURCE_METADATA)
    yield from _http_members(trace, metadata, ("resource", "authorization_servers"))
    endpoints = ("issuer", "authorization_endpoint", "token_endpoint", "registration_endpoint")
    yield from _http_members(trace, used(trace, Step.SERVER_METADATA), endpoints)


def _http_members(
    trace: Trace, exchange: Exchange | None, names: tuple[str, ...]
) -> Iterator[Evidence]:
    document = _object(exchange)
    if exchange is None or document is None:
        return
    for name in names:
        value = document.get(name)
        for one in value if isinstance(value, list) else [value]:
            if _plain_http(trace, one):
                yield evidence(exchange, f"response.body.{name}", one, "https")


def _plain_http(trace: Trace, address: object) -> bool:
    """True for an http URL, unless its host is out of reach in any case: that is worse."""
    if not isinstance(address, str) or not address.startswith("http:"):
        return False
    if not is_http_url(address) or not is_http_url(trace.target):
        return True
    return is_internal(host(trace.target)) or not is_internal(host(address))


def _https_impact(trace: Trace) -> Impact:
    return Impact.BREAKS if trace.stop is not None and refused(trace) else Impact.DEGRADES


def _pkce(trace: Trace) -> Iterator[Evidence]:
    answer = used(trace, Step.SERVER_METADATA)
    document = _object(answer)
    if answer is None or document is None:
        return
    methods = document.get("code_challenge_methods_supported")
    if not isinstance(methods, list) or "S256" not in methods:
        yield evidence(
            answer,
            "response.body.code_challenge_methods_supported",
            methods if methods is not None else "(absent)",
            "S256",
        )


def _object(exchange: Exchange | None) -> dict[str, Json] | None:
    return exchange.json_object if exchange else None


def _past(trace: Trace, step: Step) -> bool:
    """True when the run went through a step that applies."""
    return not authless(trace) and next(trace.at(step, exploration=False), None) is not None


_TROUBLE = "claude.com/docs/connectors/building/troubleshooting"
_AUTH = "claude.com/docs/connectors/building/authentication"

ROWS = (
    Row(
        id="reach.connects",
        step=Step.REACH,
        title="the server cannot be reached",
        source=_TROUBLE,
        check=_reached,
    ),
    Row(
        id="challenge.answers",
        step=Step.CHALLENGE,
        title="the first request gets no answer",
        source=_TROUBLE,
        check=_answered,
    ),
    Row(
        id="challenge.401",
        step=Step.CHALLENGE,
        title="a request without a token is not answered 401",
        source=_AUTH,
        check=_challenged,
    ),
    Row(
        id="challenge.taken",
        step=Step.CHALLENGE,
        title="the call is refused, and this surface signs nobody in: its caller brings the token",
        source="platform.claude.com/docs/en/agents-and-tools/mcp-connector",
        check=_taken_without_sign_in,
    ),
    Row(
        id="challenge.bearer",
        step=Step.CHALLENGE,
        title="the 401 carries no Bearer challenge",
        source="RFC 9110 section 15.5.2, RFC 6750 section 3",
        check=_bearer_challenge,
        impact=_where_a_pointer_would_help(Impact.DEGRADES),
    ),
    Row(
        id="challenge.pointer",
        step=Step.CHALLENGE,
        title="the challenge does not name the resource metadata",
        source="RFC 9728 section 5.1",
        check=_pointer,
        impact=_where_a_pointer_would_help(Impact.ADVISORY),
    ),
    Row(
        id="challenge.both-voices",
        step=Step.CHALLENGE,
        title="the two User-Agents of Claude get different answers",
        source=_TROUBLE,
        check=_same_for_both_voices,
        impact=Impact.DEGRADES,
    ),
    Row(
        id="challenge.no-host-redirect",
        step=Step.CHALLENGE,
        title="the MCP URL redirects to another host",
        source=_TROUBLE,
        check=_no_host_redirect,
        impact=lambda trace: Impact.BREAKS if stopped_at(trace, Step.CONNECT) else Impact.DEGRADES,
    ),
    Row(
        id="challenge.page-may-call",
        step=Step.CHALLENGE,
        title="a page in a browser may not call the server (CORS)",
        source="Fetch standard, CORS protocol",
        check=page_may_call,
        impact=Impact.ADVISORY,
    ),
    Row(
        id="resource-metadata.found",
        step=Step.RESOURCE_METADATA,
        title="no resource metadata is found",
        source="RFC 9728 section 3",
        check=_resource_metadata_found,
        impact=_after_guess(Impact.ADVISORY),
        follows=("challenge.bearer", "challenge.pointer"),
    ),
    Row(
        id="resource-metadata.path-form",
        step=Step.RESOURCE_METADATA,
        title="the metadata does not lie at the path form",
        source="RFC 9728 section 3.1",
        check=_path_form,
        impact=Impact.ADVISORY,
        follows=("resource-metadata.found",),
    ),
    Row(
        id="resource-metadata.resource",
        step=Step.RESOURCE_METADATA,
        title="the metadata is for another resource",
        source="RFC 9728 section 3.3",
        check=_for_this_resource,
        impact=_resource_impact,
    ),
    Row(
        id="resource-metadata.server",
        step=Step.RESOURCE_METADATA,
        title="the metadata names no authorization server",
        source="RFC 9728 section 2, MCP 2025-11-25 authorization",
        check=_names_server,
        impact=_after_guess(Impact.DEGRADES),
    ),
    Row(
        id="resource-metadata.https",
        step=Step.RESOURCE_METADATA,
        title="an https server publishes http addresses",
        source="RFC 9728 section 1.2, RFC 8414 section 2",
        check=https_only,
        impact=_https_impact,
    ),
    Row(
        id="server-metadata.found",
        step=Step.SERVER_METADATA,
        title="no authorization server metadata is found",
        source="RFC 8414 section 3",
        check=_server_metadata_found,
        impact=_after_guess(Impact.DEGRADES),
        follows=(
            "resource-metadata.found",
            "resource-metadata.resource",
            "resource-metadata.server",
        ),
    ),
    Row(
        id="server-metadata.json",
        step=Step.SERVER_METADATA,
        title="a metadata address answers 200 with something that is not JSON",
        source="RFC 8414 section 3.2",
        check=_server_metadata_json,
        impact=_after_guess(Impact.ADVISORY),
        follows=("server-metadata.found",),
    ),
    Row(
        id="server-metadata.issuer",
        step=Step.SERVER_METADATA,
        title="the metadata names another issuer",
        source="RFC 8414 section 3.3",
        check=_issuer,
        impact=lambda trace: (
            Impact.BREAKS if stopped_at(trace, Step.SERVER_METADATA) else Impact.DEGRADES
        ),
    ),
    Row(
        id="server-metadata.endpoints",
        step=Step.SERVER_METADATA,
        title="the metadata lacks a usable endpoint",
        source="RFC 8414 section 2",
        check=_endpoints,
    ),
    Row(
        id="server-metadata.s256",
        step=Step.SERVER_METADATA,
        title="PKCE with S256 is not advertised",
        source="MCP 2025-11-25 authorization",
        check=_pkce,
        impact=Impact.ADVISORY,
    ),
)
