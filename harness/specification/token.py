"""The answers of the token endpoint."""

import re
from math import inf

from harness.diagnosis.reading import (
    body_evidence,
    endpoints_guessed,
    evidence,
    status_evidence,
)
from harness.diagnosis.token_endpoint import (
    authentication,
    code_answer,
    document,
    form,
    issued,
    lifetime,
    oauth_error,
)
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.specification.reading import (
    Found,
    lower_list,
    member_evidence,
    published,
    resource_document,
    response,
    server_document,
    shown,
    some,
    strings,
    when,
)
from harness.specification.reasons import NEVER_SENT, OPTION, SECOND_PARTY, not_ours, ours
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)

_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_PLACEHOLDER = re.compile(r"<[a-z_]+:\d+( jwt)? \d+>")
_HEADER_LIMIT = 8 * 1024
_DAY = 24 * 3600
_MEMBERS = ("refresh_token", "scope", "id_token", "expires_in", "token_type")


@requirement("tok-post-form")
def form_is_processed(trace: Trace) -> Found:
    """A POST of a form is processed."""
    when(not endpoints_guessed(trace))
    for one in some(one for one in _answers(trace) if one.request.method == "POST"):
        if response(one).status in (404, 405, 406, 410, 415, 501):
            yield status_evidence(one, "200")


@requirement("tok-no-redirect")
def answered_in_place(trace: Trace) -> Found:
    """The token endpoint does not redirect."""
    for one in _answers(trace):
        if response(one).is_redirect:
            yield evidence(
                one, "response.header.location", response(one).header("location"), "no redirect"
            )


@requirement("tok-200-json")
def success_is_json(trace: Trace) -> Found:
    """A success is 200 and a JSON object, sent as application/json."""
    for one in some(one for one in _answers(trace) if 200 <= response(one).status < 300):
        if response(one).status != 200:
            yield status_evidence(one, "200")
        if one.json_object is None:
            yield body_evidence(one, "a JSON object")
        elif response(one).media_type != "application/json":
            found = response(one).header("content-type") or "(absent)"
            yield evidence(one, "response.header.content-type", found, "application/json")


@requirement("tok-no-store")
def not_to_be_stored(trace: Trace) -> Found:
    """An answer with a token forbids caches to store it."""
    for one in _successes(trace):
        if "no-store" not in lower_list(one, "cache-control"):
            found = response(one).header("cache-control") or "(absent)"
            yield evidence(one, "response.header.cache-control", found, "no-store")


@requirement("tok-access-token")
def token_fits_a_header(trace: Trace) -> Found:
    """The access token is a string that a header can carry."""
    for one in _successes(trace):
        token = document(one)["access_token"]
        if not isinstance(token, str):
            yield evidence(one, "response.body.access_token", "(no string)", "a string")
        elif not _TOKEN68.fullmatch(token) and not _PLACEHOLDER.fullmatch(token):
            yield evidence(one, "response.body.access_token", "(other characters)", "token68")
        elif one.token is not None and one.token.length > _HEADER_LIMIT:
            found = f"{one.token.length} characters"
            yield evidence(one, "response.body.access_token", found, f"at most {_HEADER_LIMIT}")


@requirement("tok-token-type")
def type_is_bearer(trace: Trace) -> Found:
    """token_type is Bearer, in any letter case."""
    for one in _successes(trace):
        kind = document(one).get("token_type")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            yield member_evidence(one, document(one), "token_type", "Bearer")


@requirement("tok-expires-in")
def lifetime_given(trace: Trace) -> Found:
    """expires_in is a number of seconds."""
    for one in _successes(trace):
        seconds = document(one).get("expires_in")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds <= 0:
            yield member_evidence(one, document(one), "expires_in", "a number of seconds")


@requirement("tok-scope-returned")
def other_scope_is_told(trace: Trace) -> Found:
    """scope is there when another one was granted than was asked for."""
    one = _issued(trace)
    claims = shown(one.token).claims
    granted = claims.get("scope", claims.get("scp"))
    scopes = granted.split() if isinstance(granted, str) else strings(granted)
    asked = trace.decision(Step.AUTHORIZE, "scope")
    if "scope" not in document(one):
        when(scopes and isinstance(asked, str))
        if set(scopes) != set(str(asked).split()):
            yield evidence(one, "response.body.scope", "(absent)", " ".join(scopes))


@requirement("tok-no-null")
def no_null(trace: Trace) -> Found:
    """A member without a value is left out, not null."""
    for one in _successes(trace):
        for name in _MEMBERS:
            if name in document(one) and document(one)[name] is None:
                yield evidence(one, f"response.body.{name}", "null", "no such member")


@requirement("tok-redirect-uri-accepted")
def redirect_uri_accepted(trace: Trace) -> Found:
    """A redirect_uri that equals the one of the authorization request is accepted."""
    yield from _accepted(trace, "redirect_uri", "redirect_uri")


@requirement("tok-resource-accepted")
def resource_accepted(trace: Trace) -> Found:
    """The resource of the authorization request is accepted again."""
    yield from _accepted(trace, "resource", "invalid_target", "resource")


@requirement("tok-public-client")
def public_client_accepted(trace: Trace) -> Found:
    """A public client that names itself in the form gets its token."""
    yield from _method_works(trace, "none")


@requirement("tok-secret-post")
def secret_in_the_form_accepted(trace: Trace) -> Found:
    """A client may prove itself with its secret in the form."""
    yield from _method_works(trace, "client_secret_post")


@requirement("tok-secret-basic")
def secret_in_the_header_accepted(trace: Trace) -> Found:
    """A client may prove itself by Basic, where the server announces it."""
    methods = published(trace, "token_endpoint_auth_methods_supported")[1]
    when("client_secret_basic" in strings(methods))
    yield from _method_works(trace, "client_secret_basic")


@requirement("tok-aud")
def audience_is_the_resource(trace: Trace) -> Found:
    """A JWT names the resource as its audience."""
    one = _issued(trace)
    token = shown(one.token)
    when(token.kind == "jwt")
    resource = resource_document(trace)[1].get("resource")
    audience = token.claims.get("aud")
    if resource not in (audience if isinstance(audience, list) else [audience]):
        yield evidence(one, "token.aud", audience or "(absent)", str(resource))


@requirement("tok-jwt-profile")
def profile_kept(trace: Trace) -> Found:
    """A token that says it is of the JWT profile is complete, signed, and of this issuer."""
    one = _issued(trace)
    token = shown(one.token)
    kind = str(token.header.get("typ", "")).lower()
    when(kind.removeprefix("application/") == "at+jwt")
    for name in ("iss", "exp", "aud", "client_id", "iat"):
        if name not in token.claims:
            yield evidence(one, f"token.{name}", "(absent)", "a value")
    if str(token.header.get("alg", "none")).lower() == "none":
        yield evidence(one, "token.alg", "none", "a signature")
    issuer = server_document(trace)[1].get("issuer")
    if "iss" in token.claims and token.claims["iss"] != issuer:
        yield evidence(one, "token.iss", token.claims["iss"], str(issuer))


@requirement("tok-lifetime")
def short_lived(trace: Trace) -> Found:
    """An access token lives no longer than a day, and not less than a minute."""
    for one in _successes(trace):
        try:
            seconds = shown(lifetime(one))
        except OverflowError:
            # JSON numbers have no limit.
            seconds = inf
        if seconds > _DAY or 0 < seconds < 60:
            yield evidence(one, "response.body.expires_in", f"{seconds:g}", "about an hour")


_UNSEEN = (
    unseen(
        "tok-refresh-issued",
        "A refresh token is issued to a client that registered the grant.",
        OPTION,
    ),
    unseen("tok-pkce-wrong", "A wrong verifier is refused.", NEVER_SENT),
    unseen("tok-pkce-missing", "A missing verifier is refused.", NEVER_SENT),
    unseen(
        "tok-pkce-downgrade",
        "A verifier is refused where the request had no challenge.",
        NEVER_SENT,
    ),
    unseen("tok-code-client-bound", "A code is refused from another client.", SECOND_PARTY),
    unseen("tok-redirect-uri-mismatch", "Another redirect_uri is refused.", NEVER_SENT),
    unseen("tok-resource-invalid", "A resource that was not granted is refused.", SECOND_PARTY),
    unseen("tok-aud-slash", "The closing slash of a bare origin makes no difference.", NEVER_SENT),
    unseen("tok-mixed-auth", "Two ways of client authentication at once are refused.", NEVER_SENT),
    unseen("tok-ignore-unknown", "Parameters that are not known are ignored.", NEVER_SENT),
    unseen(
        "tok-unsupported-grant",
        "An unknown grant is refused with unsupported_grant_type.",
        NEVER_SENT,
    ),
    unseen(
        "tok-cross-instance",
        "A code works from another connection.",
        not_ours("a refusal does not say which instance it came from"),
    ),
    unseen(
        "c-tok-form", "The token request is a form in the body of a POST.", ours("client.token")
    ),
    unseen(
        "c-tok-params",
        "The token request has all its parameters, the redirect URI unchanged.",
        ours("client.token"),
    ),
    unseen("c-tok-auth-method", "The method of the registration is used.", ours("client.token")),
    unseen(
        "c-tok-same-issuer", "A code goes only to the issuer it came from.", ours("client.connect")
    ),
    unseen(
        "c-tok-https",
        "Secrets are not sent over http.",
        not_ours("ours reports a plain http endpoint, and goes on to see more"),
    ),
    unseen(
        "c-tok-ignore-unknown",
        "Members that are not known are ignored, the token is opaque.",
        ours("client.token"),
    ),
    unseen("c-tok-storage", "Recordings and logs hold no secrets.", ours("recording.redact")),
)


def _answers(trace: Trace) -> list[Exchange]:
    """The answers to codes and refresh tokens that ought to be good."""
    return some(
        one
        for step, purpose in ((Step.TOKEN, Purpose.TOKEN), (Step.REFRESH, Purpose.REFRESH))
        for one in trace.at(step, purpose)
        if one.response is not None
    )


def _successes(trace: Trace) -> list[Exchange]:
    """The answers that issue a token."""
    return some(one for one in _answers(trace) if issued(one))


def _issued(trace: Trace) -> Exchange:
    """The answer that issued the first token."""
    one = shown(code_answer(trace))
    when(issued(one))
    return one


def _accepted(trace: Trace, parameter: str, *words: str) -> Found:
    """Judges a refusal that speaks of a parameter; others have other causes."""
    one = shown(code_answer(trace))
    when(parameter in form(one))
    if issued(one):
        return
    text = response(one).text[:4096]
    when(response(one).status < 500 and any(word in text for word in words))
    yield body_evidence(one, "an access token")


def _method_works(trace: Trace, method: str) -> Found:
    one = shown(code_answer(trace))
    when(authentication(one) == method)
    when(issued(one) or oauth_error(one) == "invalid_client")
    if not issued(one):
        yield body_evidence(one, "an access token")


ROWS: tuple[Requirement, ...] = (
    form_is_processed,
    answered_in_place,
    success_is_json,
    not_to_be_stored,
    token_fits_a_header,
    type_is_bearer,
    lifetime_given,
    other_scope_is_told,
    no_null,
    redirect_uri_accepted,
    resource_accepted,
    public_client_accepted,
    secret_in_the_form_accepted,
    secret_in_the_header_accepted,
    audience_is_the_resource,
    profile_kept,
    short_lived,
    *_UNSEEN,
)
