"""Where the authorization server's metadata lies, and what it must hold (RFC 8414)."""

from harness.diagnosis.reading import (
    body_evidence,
    endpoints_guessed,
    evidence,
    is_html,
    status_evidence,
)
from harness.model.trace import Purpose, Step, Trace
from harness.model.wellknown import is_http_url, origin
from harness.specification.reading import (
    Found,
    asked_at,
    asked_at_the_issuer,
    member_evidence,
    plain_url,
    published,
    response,
    server_answers,
    server_document,
    shown,
    some,
    when,
)
from harness.specification.reasons import INFORMATION, OPTION, SECRET, not_ours, ours
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)


@requirement("asm-0326")
def metadata_at_the_root(trace: Trace) -> Found:
    """The origin of the MCP URL publishes authorization server metadata."""
    when(is_http_url(trace.target))
    url = origin(trace.target) + "/.well-known/oauth-authorization-server"
    one = shown(asked_at(trace, url))
    if one.status != 200 or one.json_object is None:
        yield status_evidence(one, "200 with metadata")


@requirement("asm-0326-defaults")
def default_endpoints_exist(trace: Trace) -> Found:
    """Without metadata, /authorize, /token and /register exist at the origin."""
    when(endpoints_guessed(trace))
    purposes = (Purpose.REGISTER, Purpose.AUTHORIZE, Purpose.TOKEN)
    asked = some(one for one in trace.exchanges if one.purpose in purposes)
    for one in asked:
        if one.status in (404, 405, 410, 501):
            yield status_evidence(one, "an endpoint")


@requirement("asm-0618")
def rfc8414_served(trace: Trace) -> Found:
    """Metadata in the form of RFC 8414 lies where the issuer says."""
    when(asked_at_the_issuer(trace))
    one = shown(trace.last(Step.SERVER_METADATA, Purpose.RFC8414))
    if one.status != 200 or one.json_object is None:
        yield status_evidence(one, "200 with metadata")


@requirement("asm-1125")
def metadata_exists(trace: Trace) -> Found:
    """One of the places of the issuer's metadata, of OAuth or OpenID, holds a usable document."""
    when(asked_at_the_issuer(trace))
    answers = some(server_answers(trace))
    if not any(one.status == 200 and one.json_object for one in answers):
        yield status_evidence(answers[0], "200 with metadata")


@requirement("asm-200-json")
def document_is_json(trace: Trace) -> Found:
    """Metadata is answered with 200 as application/json, one JSON object."""
    served = some(
        one
        for one in server_answers(trace)
        if one.response is not None and 200 <= one.response.status < 300
    )
    for one in served:
        if is_html(response(one)):
            continue
        if response(one).status != 200:
            yield status_evidence(one, "200")
        if one.json_object is None:
            yield body_evidence(one, "a JSON object")
        elif response(one).media_type != "application/json":
            found = response(one).header("content-type") or "(absent)"
            yield evidence(one, "response.header.content-type", found, "application/json")


@requirement("asm-404-clean")
def absent_is_4xx(trace: Trace) -> Found:
    """A place that holds no metadata answers with a 4xx status, and does answer."""
    for one in some(server_answers(trace)):
        if one.response is None or one.response.status >= 500:
            yield status_evidence(one, "200, or 404")


@requirement("asm-issuer-present")
def issuer_named(trace: Trace) -> Found:
    """The issuer is there, a URL without query or fragment."""
    exchange, metadata = server_document(trace)
    issuer = metadata.get("issuer")
    if not plain_url(issuer) or "?" in str(issuer):
        yield member_evidence(exchange, metadata, "issuer", "an https URL")


@requirement("asm-issuer-match")
def issuer_is_the_one_asked(trace: Trace) -> Found:
    """The issuer is, letter by letter, what the address of the metadata was made from."""
    exchange, issuer = published(trace, "issuer")
    expected = trace.decision(Step.SERVER_METADATA, "issuer")
    when(isinstance(expected, str) and isinstance(issuer, str))
    if issuer != expected:
        yield evidence(exchange, "response.body.issuer", issuer, str(expected))


@requirement("asm-authz-endpoint")
def authorization_endpoint_is_a_url(trace: Trace) -> Found:
    """The authorization endpoint is an absolute URL without fragment."""
    yield from _endpoint(trace, "authorization_endpoint")


@requirement("asm-token-endpoint")
def token_endpoint_is_a_url(trace: Trace) -> Found:
    """The token endpoint is an absolute URL without fragment."""
    yield from _endpoint(trace, "token_endpoint")


@requirement("asm-registration-endpoint-url")
def registration_endpoint_is_a_url(trace: Trace) -> Found:
    """A registration endpoint, if there is one, is an absolute URL."""
    when(published(trace, "registration_endpoint")[1] is not None)
    yield from _endpoint(trace, "registration_endpoint")


@requirement("asm-oidc-required")
def openid_members(trace: Trace) -> Found:
    """An OpenID document has what OpenID Connect Discovery requires."""
    exchange, metadata = server_document(trace)
    when(exchange.purpose in (Purpose.OIDC, Purpose.OIDC_APPENDED))
    for name in ("jwks_uri", "subject_types_supported", "id_token_signing_alg_values_supported"):
        if not metadata.get(name):
            yield member_evidence(exchange, metadata, name, "a value")


@requirement("asm-no-null")
def no_null(trace: Trace) -> Found:
    """A member without a value is left out, neither null nor an empty list."""
    exchange, metadata = server_document(trace)
    for name, value in metadata.items():
        if value is None or value == []:
            yield member_evidence(exchange, metadata, name, "no such member")


_UNSEEN = (
    unseen(
        "asm-same-documents",
        "All copies of the metadata agree.",
        not_ours("ours, as Claude, stops at the first document it finds"),
    ),
    unseen(
        "asm-endpoint-fallback-trap",
        "Whether the MCP origin has /authorize, /token and /register.",
        INFORMATION,
    ),
    unseen(
        "asm-signed-metadata",
        "A signed copy of the metadata verifies and agrees with the plain members.",
        SECRET,
    ),
    unseen("asm-revocation-advertised", "A revocation endpoint is published.", OPTION),
    unseen(
        "c-asm-order",
        "The places of the metadata are asked in the order of MCP.",
        ours("client.discovery"),
    ),
    unseen(
        "c-asm-0326-base",
        "The base of an MCP URL is the URL without its path.",
        ours("client.discovery"),
    ),
    unseen(
        "c-asm-0326-fallback",
        "Default endpoints are tried only where there is no metadata.",
        ours("client.discovery"),
    ),
    unseen(
        "c-asm-version-header",
        "Requests for metadata carry MCP-Protocol-Version.",
        not_ours("Claude was not seen to send the header then, so ours does not"),
    ),
    unseen(
        "c-asm-slash-strip",
        "A closing slash of the issuer is dropped before the well-known name.",
        ours("model.wellknown"),
    ),
    unseen(
        "c-asm-validate-issuer",
        "Metadata of another issuer is not used.",
        not_ours("claude.ai was seen to go on, so ours notes it and does too"),
    ),
    unseen(
        "c-asm-refuse-no-pkce",
        "A server that does not announce PKCE is refused.",
        not_ours("claude.ai was seen to go on, so ours does too"),
    ),
    unseen(
        "c-asm-record-issuer",
        "The issuer is kept with verifier and state before the browser leaves.",
        ours("client.discovery"),
    ),
    unseen(
        "c-asm-no-custom-suffix",
        "Only the well-known names of OAuth and OpenID are asked.",
        ours("model.wellknown"),
    ),
)


def _endpoint(trace: Trace, name: str) -> Found:
    exchange, metadata = server_document(trace)
    if not plain_url(metadata.get(name)):
        yield member_evidence(exchange, metadata, name, "an absolute https URL")


ROWS: tuple[Requirement, ...] = (
    metadata_at_the_root,
    default_endpoints_exist,
    rfc8414_served,
    metadata_exists,
    document_is_json,
    absent_is_4xx,
    issuer_named,
    issuer_is_the_one_asked,
    authorization_endpoint_is_a_url,
    token_endpoint_is_a_url,
    registration_endpoint_is_a_url,
    openid_members,
    no_null,
    *_UNSEEN,
)
