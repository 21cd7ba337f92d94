"""What the authorization server's metadata announces (RFC 8414 section 2)."""

from harness.diagnosis.reading import evidence
from harness.diagnosis.token_endpoint import code_answer, document
from harness.model.trace import Step, Trace
from harness.specification.reading import (
    Found,
    callbacks,
    is_scope,
    member_evidence,
    parameters,
    published,
    server_document,
    strings,
    when,
)
from harness.specification.requirement import (
    Requirement,
    requirement,
)

_USABLE = {"none", "client_secret_post", "client_secret_basic"}


@requirement("asm-response-types")
def response_type_code(trace: Trace) -> Found:
    """response_types_supported has code."""
    exchange, metadata = server_document(trace)
    if "code" not in strings(metadata.get("response_types_supported")):
        yield member_evidence(exchange, metadata, "response_types_supported", "code")


@requirement("asm-response-modes")
def response_mode_query(trace: Trace) -> Found:
    """response_modes_supported, if there, has query."""
    exchange, modes = published(trace, "response_modes_supported")
    if "query" not in strings(modes):
        yield member_evidence(exchange, document(exchange), "response_modes_supported", "query")


@requirement("asm-grant-types")
def grants_in_use(trace: Trace) -> Found:
    """grant_types_supported, if there, has authorization_code, and refresh_token if issued."""
    exchange, grants = published(trace, "grant_types_supported")
    needed = ["authorization_code"]
    if document(code_answer(trace)).get("refresh_token"):
        needed.append("refresh_token")
    for grant in needed:
        if grant not in strings(grants):
            yield member_evidence(exchange, document(exchange), "grant_types_supported", grant)


@requirement("asm-no-insecure-grants")
def no_insecure_grants(trace: Trace) -> Found:
    """Neither the password nor the implicit grant is announced."""
    exchange, metadata = server_document(trace)
    for grant in ("password", "implicit"):
        if grant in strings(metadata.get("grant_types_supported")):
            yield evidence(exchange, "response.body.grant_types_supported", grant, f"no {grant}")
    for kind in strings(metadata.get("response_types_supported")):
        if "token" in kind.split():
            yield evidence(
                exchange, "response.body.response_types_supported", kind, "no token in the front"
            )


@requirement("asm-pkce-present")
def pkce_announced(trace: Trace) -> Found:
    """code_challenge_methods_supported is there."""
    exchange, metadata = server_document(trace)
    if not metadata.get("code_challenge_methods_supported"):
        yield member_evidence(exchange, metadata, "code_challenge_methods_supported", '["S256"]')


@requirement("asm-pkce-s256")
def pkce_with_s256(trace: Trace) -> Found:
    """code_challenge_methods_supported has S256, in this spelling."""
    exchange, methods = published(trace, "code_challenge_methods_supported")
    when(methods)
    if "S256" not in strings(methods):
        yield member_evidence(
            exchange, document(exchange), "code_challenge_methods_supported", "S256"
        )


@requirement("asm-auth-methods-default")
def auth_methods_named(trace: Trace) -> Found:
    """token_endpoint_auth_methods_supported is there; its default excludes public clients."""
    exchange, metadata = server_document(trace)
    if not metadata.get("token_endpoint_auth_methods_supported"):
        yield member_evidence(
            exchange, metadata, "token_endpoint_auth_methods_supported", "a list of methods"
        )


@requirement("asm-auth-methods-usable")
def auth_method_usable(trace: Trace) -> Found:
    """One of the client authentication methods is none or uses a secret."""
    exchange, methods = published(trace, "token_endpoint_auth_methods_supported")
    if not _USABLE & set(strings(methods)):
        yield member_evidence(
            exchange,
            document(exchange),
            "token_endpoint_auth_methods_supported",
            "none, client_secret_post or client_secret_basic",
        )


@requirement("asm-auth-methods-none-cimd")
def none_beside_client_documents(trace: Trace) -> Found:
    """A server that takes client metadata documents announces the method none."""
    exchange, flag = published(trace, "client_id_metadata_document_supported")
    when(flag is True)
    methods = document(exchange).get("token_endpoint_auth_methods_supported")
    if "none" not in strings(methods):
        yield member_evidence(
            exchange, document(exchange), "token_endpoint_auth_methods_supported", "none"
        )


@requirement("asm-registration-path")
def a_client_id_can_be_had(trace: Trace) -> Found:
    """There is a way to a client id: registration, a metadata document, or a given client."""
    exchange, metadata = server_document(trace)
    offered = metadata.get("client_id_metadata_document_supported") is True
    when(trace.decision(Step.REGISTRATION, "way") != "given")
    if not offered and not metadata.get("registration_endpoint"):
        yield member_evidence(exchange, metadata, "registration_endpoint", "a way to a client id")


@requirement("asm-cimd-flag")
def client_documents_taken(trace: Trace) -> Found:
    """client_id_metadata_document_supported is true."""
    exchange, metadata = server_document(trace)
    if metadata.get("client_id_metadata_document_supported") is not True:
        yield member_evidence(exchange, metadata, "client_id_metadata_document_supported", "true")


@requirement("asm-iss-flag")
def iss_announced(trace: Trace) -> Found:
    """A server that sends iss to the callback announces it."""
    exchange, metadata = server_document(trace)
    when(any("iss" in parameters(one) for one in callbacks(trace)))
    name = "authorization_response_iss_parameter_supported"
    if metadata.get(name) is not True:
        yield member_evidence(exchange, metadata, name, "true")


@requirement("asm-scopes-supported")
def scopes_are_a_list(trace: Trace) -> Found:
    """scopes_supported, if there, is a list of single scopes."""
    exchange, scopes = published(trace, "scopes_supported")
    if not isinstance(scopes, list) or not all(is_scope(each) for each in scopes):
        yield member_evidence(exchange, document(exchange), "scopes_supported", "a list of scopes")


@requirement("asm-par-not-required")
def no_pushed_requests_needed(trace: Trace) -> Found:
    """Authorization requests need not be pushed (PAR)."""
    yield from _not_true(trace, "require_pushed_authorization_requests")


@requirement("asm-jar-not-required")
def no_signed_requests_needed(trace: Trace) -> Found:
    """Authorization requests need not be signed (JAR)."""
    yield from _not_true(trace, "require_signed_request_object")


def _not_true(trace: Trace, name: str) -> Found:
    exchange, metadata = server_document(trace)
    if metadata.get(name) is True:
        yield evidence(exchange, f"response.body.{name}", "true", "false, or no such member")


ROWS: tuple[Requirement, ...] = (
    response_type_code,
    response_mode_query,
    grants_in_use,
    no_insecure_grants,
    pkce_announced,
    pkce_with_s256,
    auth_methods_named,
    auth_method_usable,
    none_beside_client_documents,
    a_client_id_can_be_had,
    client_documents_taken,
    iss_announced,
    scopes_are_a_list,
    no_pushed_requests_needed,
    no_signed_requests_needed,
)
