"""What protected resource metadata says (RFC 9728 section 2)."""

import json

from harness.diagnosis.reading import body_evidence, evidence
from harness.diagnosis.token_endpoint import document
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.wellknown import covers, is_http_url, origin
from harness.specification.reading import (
    Document,
    Found,
    asked_at_the_issuer,
    bearer_of,
    first_issuer,
    is_scope,
    items,
    member_evidence,
    opening_challenge,
    parameters,
    plain_url,
    published,
    resource_answers,
    resource_document,
    resource_documents,
    server_answers,
    shown,
    some,
    strings,
    when,
)
from harness.specification.requirement import (
    Requirement,
    requirement,
)

_MANY_SCOPES = 10


@requirement("prm-resource-present")
def resource_named(trace: Trace) -> Found:
    """The document names its resource."""
    for one, metadata in resource_documents(trace):
        if not isinstance(metadata.get("resource"), str):
            yield body_evidence(one, "a resource")


@requirement("prm-resource-url")
def resource_is_a_url(trace: Trace) -> Found:
    """The resource is an absolute URL without fragment or user."""
    for one, resource in _resources(trace):
        if not plain_url(resource):
            yield evidence(one, "response.body.resource", resource, "an absolute https URL")


@requirement("prm-resource-match")
def resource_is_the_one_asked_for(trace: Trace) -> Found:
    """The resource is, letter by letter, what the address of the document was made from."""
    when(is_http_url(trace.target))
    root = next(
        (one for one in resource_answers(trace) if one.purpose is Purpose.METADATA_ROOT), None
    )
    for one, resource in _resources(trace):
        expected = trace.target if one is not root else origin(trace.target)
        # The root form of a resource without a path is the form of its own address.
        if resource != expected and not (one is root and _is_bare(trace.target, resource)):
            yield evidence(one, "response.body.resource", resource, expected)


@requirement("prm-resource-covers")
def resource_covers_the_endpoint(trace: Trace) -> Found:
    """The resource is the MCP URL or a parent of it on the same origin."""
    for one, resource in _resources(trace):
        if not covers(resource, trace.target):
            yield evidence(one, "response.body.resource", resource, trace.target)


@requirement("prm-resource-slash")
def resource_without_closing_slash(trace: Trace) -> Found:
    """The resource has no closing slash that the MCP URL does not have."""
    for one, resource in _resources(trace):
        if resource.endswith("/") and not trace.target.endswith("/"):
            yield evidence(one, "response.body.resource", resource, resource.rstrip("/"))


@requirement("prm-as-present")
def server_named(trace: Trace) -> Found:
    """authorization_servers is a list with at least one entry."""
    for one, metadata in resource_documents(trace):
        servers = metadata.get("authorization_servers")
        if not isinstance(servers, list) or not servers:
            yield member_evidence(one, metadata, "authorization_servers", "one issuer or more")


@requirement("prm-as-issuer-urls")
def servers_are_issuers(trace: Trace) -> Found:
    """Each authorization server is an issuer's URL, no object and no metadata address."""
    for one, metadata in resource_documents(trace):
        servers = metadata.get("authorization_servers")
        for entry in servers if isinstance(servers, list) else []:
            place = "response.body.authorization_servers"
            if not isinstance(entry, str) or not plain_url(entry) or "?" in entry:
                yield evidence(one, place, entry, "an https URL without query and fragment")
            elif "/.well-known/" in entry:
                yield evidence(one, place, entry, "the issuer, not its metadata")


@requirement("prm-as-first-usable")
def first_server_usable(trace: Trace) -> Found:
    """The first authorization server of the list has usable metadata."""
    one, _ = resource_document(trace)
    when(asked_at_the_issuer(trace))
    issuer = shown(first_issuer(trace))
    served = [each for each in server_answers(trace) if each.status == 200]
    metadata = document(served[0]) if served else {}
    for name in ("authorization_endpoint", "token_endpoint"):
        if not is_http_url(metadata.get(name)):
            yield evidence(
                one, "response.body.authorization_servers", issuer, f"metadata with a {name}"
            )
            return


@requirement("prm-as-exact-issuer")
def server_is_spelled_as_the_issuer(trace: Trace) -> Found:
    """The entry equals, letter by letter, the issuer in the metadata it leads to."""
    one, _ = resource_document(trace)
    issuer, named = shown(first_issuer(trace)), published(trace, "issuer")[1]
    when(isinstance(named, str))
    if issuer != named:
        yield evidence(one, "response.body.authorization_servers", issuer, str(named))


@requirement("prm-scopes-type")
def scopes_are_a_list(trace: Trace) -> Found:
    """scopes_supported is a list of single scopes."""
    for one, metadata in _having(trace, "scopes_supported"):
        scopes = metadata["scopes_supported"]
        if not isinstance(scopes, list) or not all(is_scope(each) for each in scopes):
            yield member_evidence(one, metadata, "scopes_supported", "a list of scopes")


@requirement("prm-scopes-minimal")
def scopes_are_few(trace: Trace) -> Found:
    """scopes_supported is what basic use needs, not all there is."""
    one, metadata = resource_document(trace)
    scopes = strings(shown(metadata.get("scopes_supported")))
    challenge = bearer_of(opening_challenge(trace)[0])
    asked = challenge.params.get("scope", "").split() if challenge else []
    if len(scopes) > _MANY_SCOPES and len(asked) < len(scopes):
        yield evidence(
            one, "response.body.scopes_supported", f"{len(scopes)} scopes", "the few needed"
        )


@requirement("prm-scopes-accepted-by-as")
def scopes_known_to_the_server(trace: Trace) -> Found:
    """Every scope that the resource names is one the authorization server grants."""
    one, metadata = resource_document(trace)
    challenge = opening_challenge(trace)[1]
    named = challenge.params.get("scope", "").split()
    named += strings(metadata.get("scopes_supported"))
    offered = strings(published(trace, "scopes_supported")[1])
    accepted = _accepted_scopes(trace)
    unknown = [each for each in some(named) if each not in offered and each not in accepted]
    if unknown:
        text = " ".join(dict.fromkeys(unknown))
        yield evidence(one, "response.body.scopes_supported", text, " ".join(offered))


@requirement("prm-no-offline-access")
def no_offline_access(trace: Trace) -> Found:
    """scopes_supported of the resource does not list offline_access."""
    for one, metadata in _having(trace, "scopes_supported"):
        if "offline_access" in strings(metadata["scopes_supported"]):
            yield evidence(
                one, "response.body.scopes_supported", "offline_access", "no offline_access"
            )


@requirement("prm-bearer-methods")
def token_goes_in_the_header(trace: Trace) -> Found:
    """bearer_methods_supported has header, and does not have query."""
    for one, metadata in _having(trace, "bearer_methods_supported"):
        methods = strings(metadata["bearer_methods_supported"])
        if "header" not in methods or "query" in methods:
            yield member_evidence(one, metadata, "bearer_methods_supported", "header")


@requirement("prm-dpop-required")
def no_dpop_needed(trace: Trace) -> Found:
    """Tokens need not be bound to a key (DPoP)."""
    yield from _not_true(trace, "dpop_bound_access_tokens_required")


@requirement("prm-mtls-required")
def no_client_certificate_needed(trace: Trace) -> Found:
    """Tokens need not be bound to a client certificate."""
    yield from _not_true(trace, "tls_client_certificate_bound_access_tokens")


@requirement("prm-as-crosscheck")
def server_knows_the_resource(trace: Trace) -> Found:
    """Where the authorization server lists its resources, this one is among them."""
    exchange, listed = published(trace, "protected_resources")
    resource = resource_document(trace)[1].get("resource")
    if resource not in items(listed):
        yield evidence(
            exchange, "response.body.protected_resources", json.dumps(listed), str(resource)
        )


def _resources(trace: Trace) -> list[tuple[Exchange, str]]:
    """Every copy with the resource it names."""
    return some(
        (one, value)
        for one, metadata in resource_documents(trace)
        if isinstance(value := metadata.get("resource"), str)
    )


def _having(trace: Trace, member: str) -> list[tuple[Exchange, Document]]:
    return some(each for each in resource_documents(trace) if each[1].get(member) is not None)


def _is_bare(target: str, resource: str) -> bool:
    """True when both spell the same origin, with or without its slash."""
    return target.rstrip("/") == origin(target) and resource == target


def _accepted_scopes(trace: Trace) -> list[str]:
    """The scopes that were asked for and did not keep a code from coming."""
    went_well = any("code" in parameters(one) for one in trace.at(Step.CALLBACK))
    scope = trace.decision(Step.AUTHORIZE, "scope")
    return scope.split() if went_well and isinstance(scope, str) else []


def _not_true(trace: Trace, member: str) -> Found:
    for one, metadata in resource_documents(trace):
        if metadata.get(member) is True:
            yield evidence(one, f"response.body.{member}", "true", "false, or no such member")


ROWS: tuple[Requirement, ...] = (
    resource_named,
    resource_is_a_url,
    resource_is_the_one_asked_for,
    resource_covers_the_endpoint,
    resource_without_closing_slash,
    server_named,
    servers_are_issuers,
    first_server_usable,
    server_is_spelled_as_the_issuer,
    scopes_are_a_list,
    scopes_are_few,
    scopes_known_to_the_server,
    no_offline_access,
    token_goes_in_the_header,
    no_dpop_needed,
    no_client_certificate_needed,
    server_knows_the_resource,
)
