"""Dynamic client registration (RFC 7591): what is accepted and refused."""

from harness.diagnosis.reading import (
    body_evidence,
    endpoints_guessed,
    evidence,
    status_evidence,
)
from harness.diagnosis.token_endpoint import document, oauth_error
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.specification.reading import (
    Document,
    Found,
    callbacks,
    member_evidence,
    parameters,
    response,
    server_document,
    shown,
    some,
    strings,
    when,
)
from harness.specification.reasons import LOOPBACK, NEVER_SENT, SECOND_PARTY, not_ours, ours
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)

_ERRORS = {
    "invalid_redirect_uri",
    "invalid_client_metadata",
    "invalid_software_statement",
    "unapproved_software_statement",
}
_NOT_ABOUT_METADATA = (401, 403, 404, 405, 410, 415, 429)
_ABSENT = (404, 405, 410, 415, 501)


@requirement("dcr-level")
def registration_offered(trace: Trace) -> Found:
    """A registration endpoint is published."""
    exchange, metadata = server_document(trace)
    if not metadata.get("registration_endpoint"):
        yield member_evidence(exchange, metadata, "registration_endpoint", "a URL")


@requirement("dcr-post-json")
def json_is_processed(trace: Trace) -> Found:
    """A POST of JSON is processed."""
    for one in _registrations(trace):
        if response(one).status in _ABSENT:
            yield status_evidence(one, "201")


@requirement("dcr-open")
def open_to_anybody(trace: Trace) -> Found:
    """Registration needs no token, cookie or CSRF field."""
    for one in _registrations(trace):
        if response(one).status in (401, 403):
            yield status_evidence(one, "201 without a token")


@requirement("dcr-redirect-claude")
def callback_of_claude_accepted(trace: Trace) -> Found:
    """Claude's redirect URI is accepted."""
    for one in _registrations(trace):
        if oauth_error(one) == "invalid_redirect_uri":
            yield body_evidence(one, "201")


@requirement("dcr-grant-types")
def grants_kept(trace: Trace) -> Found:
    """A client that asks for the code and refresh grants gets both."""
    code_only = trace.last(Step.REGISTRATION, Purpose.REGISTER_CODE_ONLY)
    refused = [one for one in _registrations(trace) if response(one).status == 400]
    if code_only is not None and code_only.status in (200, 201) and refused:
        yield body_evidence(refused[0], "201 for the refresh grant too")
        return
    for one, client in _with(trace, "grant_types"):
        for grant in ("authorization_code", "refresh_token"):
            asked = strings(_asked(one).get("grant_types"))
            if grant in asked and grant not in strings(client["grant_types"]):
                yield member_evidence(one, client, "grant_types", grant)


@requirement("dcr-auth-method-none")
def public_client_accepted(trace: Trace) -> Found:
    """A client that wants no secret is accepted."""
    one = shown(trace.last(Step.REGISTRATION, Purpose.REGISTER_PUBLIC))
    accepted = response(one).status in (200, 201)
    when(accepted or "auth_method" in response(one).text)
    if not accepted:
        yield body_evidence(one, "201 for the method none")


@requirement("dcr-auth-method-post")
def secret_in_the_form_accepted(trace: Trace) -> Found:
    """A client that wants client_secret_post is accepted, with this method or another."""
    public = trace.last(Step.REGISTRATION, Purpose.REGISTER_PUBLIC)
    asked = [
        one
        for one in _registrations(trace)
        if _asked(one).get("token_endpoint_auth_method") == "client_secret_post"
    ]
    accepted = [one for one in asked if response(one).status in (200, 201)]
    when(accepted or (asked and public is not None and public.status in (200, 201)))
    if not accepted:
        yield body_evidence(asked[-1], "201 for client_secret_post")


@requirement("dcr-error-format")
def refusal_well_formed(trace: Trace) -> Found:
    """A refusal is 400 with a JSON error that RFC 7591 knows."""
    refused = (one for one in _registrations(trace) if response(one).status >= 400)
    judged = some(one for one in refused if response(one).status not in _NOT_ABOUT_METADATA)
    for one in judged:
        if response(one).status != 400:
            yield status_evidence(one, "400")
        elif oauth_error(one) not in _ERRORS:
            yield body_evidence(one, "error with a code of RFC 7591")


@requirement("dcr-repeatable")
def same_client_twice(trace: Trace) -> Found:
    """The same registration succeeds again right away."""
    known: list[str] = []
    again = 0
    for one in _registrations(trace):
        asked = one.request.text
        if asked in known:
            again += 1
            if response(one).status not in (200, 201):
                yield status_evidence(one, "201, as before")
        elif response(one).status in (200, 201):
            known.append(asked)
    when(again)


@requirement("dcr-immediately-usable")
def usable_at_once(trace: Trace) -> Found:
    """A client can be used the moment it is registered, from another connection."""
    asked = list(trace.at(Step.AUTHORIZE, Purpose.FRESH_CLIENT))
    if trace.decision(Step.REGISTRATION, "way") == "dcr":
        asked = [*asked, *trace.at(Step.AUTHORIZE, Purpose.AUTHORIZE)]
    for one in some(each for each in asked if each.response is not None):
        if response(one).status >= 400:
            yield status_evidence(one, "the sign-in page")


@requirement("dcr-default-scope")
def scope_may_come_later(trace: Trace) -> Found:
    """A client registered without a scope may ask for those that the resource names."""
    when(trace.decision(Step.REGISTRATION, "way") == "dcr")
    for one in callbacks(trace):
        if "invalid_scope" in parameters(one).get("error", []):
            yield evidence(one, "request.query.error", "invalid_scope", "a code")


_UNSEEN = (
    unseen(
        "reg-order",
        "A given client comes first, then a metadata document, then registration.",
        ours("client.registration"),
    ),
    unseen(
        "reg-client-id-first",
        "There is a client id before there is an authorization request.",
        ours("client.connect"),
    ),
    unseen("reg-static-option", "A client id and secret can be given.", ours("client.choices")),
    unseen(
        "reg-bound-to-issuer",
        "Credentials go to the issuer they came from, and to no other.",
        ours("client.access"),
    ),
    unseen(
        "reg-reregister",
        "A new issuer means a new registration.",
        not_ours("ours registers anew in every run, as Claude does"),
    ),
    unseen(
        "reg-prereg-mismatch",
        "A given client is not tried at another issuer.",
        not_ours("ours remembers no issuer from one run to the next"),
    ),
    unseen(
        "reg-separate-state",
        "Registrations are kept apart by authorization server.",
        ours("client.access"),
    ),
    unseen("dcr-redirect-loopback", "A loopback redirect URI is accepted.", LOOPBACK),
    unseen("dcr-redirect-unsafe", "An unsafe redirect URI is refused.", NEVER_SENT),
    unseen("dcr-ignore-unknown", "Members that are not known are ignored.", NEVER_SENT),
    unseen(
        "dcr-app-type-rules",
        "application_type decides which redirect URIs are allowed.",
        NEVER_SENT,
    ),
    unseen(
        "dcr-7592-manage",
        "A registration can be read, changed and deleted with its own token.",
        NEVER_SENT,
    ),
    unseen(
        "dcr-per-client-consent",
        "Consent is asked for every client, not once for all.",
        SECOND_PARTY,
    ),
    unseen(
        "c-dcr-app-type",
        "A registration says which kind of application it is.",
        not_ours("Claude sends no application_type, so ours does not"),
    ),
    unseen("c-dcr-refresh-grant", "A registration asks for the refresh grant.", ours("profiles")),
    unseen("c-dcr-redirects", "Redirect URIs are https or loopback.", ours("profiles")),
    unseen(
        "c-dcr-errors",
        "A refused registration ends the flow and is shown.",
        ours("client.registration"),
    ),
    unseen(
        "c-dcr-check-response",
        "What the server put in the place of our wishes is used.",
        ours("client.registration"),
    ),
    unseen(
        "c-dcr-claude-body",
        "The registration is the one of the surface that is played.",
        ours("profiles"),
    ),
    unseen(
        "c-dcr-reregister",
        "A client the server forgot is registered again.",
        ours("client.sign_in"),
    ),
)


def _registrations(trace: Trace) -> list[Exchange]:
    """Every registration that was answered, exploration included.

    What answers at an endpoint that was guessed need not be one.
    """
    when(not endpoints_guessed(trace))
    return some(
        one
        for one in trace.at(Step.REGISTRATION)
        if one.request.method == "POST" and one.response is not None
    )


def _with(trace: Trace, member: str) -> list[tuple[Exchange, Document]]:
    """The accepted registrations whose answer has a member."""
    accepted = (one for one in _registrations(trace) if response(one).status in (200, 201))
    return some((one, document(one)) for one in accepted if member in document(one))


def _asked(exchange: Exchange) -> Document:
    """The members that the registration sent."""
    return exchange.request.json_object or {}


ROWS: tuple[Requirement, ...] = (
    registration_offered,
    json_is_processed,
    open_to_anybody,
    callback_of_claude_accepted,
    grants_kept,
    public_client_accepted,
    secret_in_the_form_accepted,
    refusal_well_formed,
    same_client_twice,
    usable_at_once,
    scope_may_come_later,
    *_UNSEEN,
)
