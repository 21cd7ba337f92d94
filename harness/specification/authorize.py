"""The authorization endpoint and its pages."""

import re
from collections.abc import Iterator

from harness.diagnosis.reading import (
    endpoints_guessed,
    evidence,
    is_html,
    status_evidence,
)
from harness.diagnosis.token_endpoint import oauth_error
from harness.model.trace import Exchange, Purpose, Response, Step, Trace
from harness.model.wellknown import is_http_url, origin
from harness.specification.reading import (
    Found,
    authorizations,
    callbacks,
    parameters,
    published,
    query,
    response,
    shown,
    some,
    strings,
    when,
)
from harness.specification.reasons import LOOPBACK, NEVER_SENT, not_ours, ours
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)

_OF_THE_REQUEST = {
    "access_denied",
    "invalid_scope",
    "invalid_target",
    "server_error",
    "temporarily_unavailable",
    "unsupported_response_type",
}
_ANCESTORS = re.compile(r"frame-ancestors\s+([^;,]+)", re.IGNORECASE)


@requirement("authz-get")
def get_is_answered(trace: Trace) -> Found:
    """A GET with a valid request leads to a page or to the callback."""
    when(not endpoints_guessed(trace))
    for one in authorizations(trace):
        if response(one).status in (404, 405, 410) or response(one).status >= 500:
            yield status_evidence(one, "a page, or a redirect")


@requirement("authz-resource-accepted")
def resource_accepted(trace: Trace) -> Found:
    """A request that names the resource is accepted."""
    asked = some(one for one in authorizations(trace) if "resource" in _sent(one))
    errors = list(_errors(trace))
    came_back = any("code" in parameters(one) for one in trace.at(Step.CALLBACK))
    refused = [each for each in errors if each[2] == "invalid_target"]
    when(came_back or refused or any(response(one).status == 200 for one in asked))
    for one, place, error in refused:
        yield evidence(one, place, error, "a code")


@requirement("authz-resource-default")
def resource_may_be_left_out(trace: Trace) -> Found:
    """A request without resource is taken to mean the only resource there is."""
    one = shown(trace.last(Step.AUTHORIZE, Purpose.NO_RESOURCE))
    location = query(response(one).header("location") or "")
    if response(one).status >= 400:
        yield status_evidence(one, "the sign-in page")
    elif "error" in location:
        yield evidence(one, "response.header.location", location["error"][0], "no error")


@requirement("authz-error-redirect")
def errors_go_to_the_client(trace: Trace) -> Found:
    """What fails with a known client and redirect URI is told to the redirect URI."""
    errors = list(_errors(trace))
    when(errors)
    for one, place, error in errors:
        if one.step is not Step.CALLBACK:
            yield evidence(one, place, error, "a redirect with this error")


@requirement("authz-no-307")
def no_redirect_that_repeats_the_post(trace: Trace) -> Found:
    """The redirect to the client is not 307, nor 308, which repeats a POST in the same way."""
    for one in _redirects_to_client(trace):
        if response(one).status in (307, 308):
            yield status_evidence(one, "302 or 303")


@requirement("authz-callback-get")
def callback_by_get(trace: Trace) -> Found:
    """The callback is reached by GET, with its parameters in the query."""
    for one in callbacks(trace):
        if one.request.method != "GET":
            yield evidence(one, "request.method", one.request.method, "GET")
        elif not query(one.request.url):
            yield evidence(one, "request.url", "(no query)", "code and state in the query")


@requirement("authz-missing-scope")
def scope_may_be_left_out(trace: Trace) -> Found:
    """A request without scope is served with a default, or refused with invalid_scope."""
    for one in some(one for one in authorizations(trace) if "scope" not in _sent(one)):
        if response(one).status >= 500:
            yield status_evidence(one, "a page, or invalid_scope")


@requirement("authz-offline-access")
def offline_access_accepted(trace: Trace) -> Found:
    """offline_access may be asked for where it is announced."""
    offered = strings(published(trace, "scopes_supported")[1])
    asked = [one for one in authorizations(trace) if "offline_access" in _scopes(one)]
    when(asked and "offline_access" in offered)
    for one, place, error in _errors(trace):
        if error == "invalid_scope":
            yield evidence(one, place, error, "a code")


@requirement("authz-auth-first")
def user_signs_in_first(trace: Trace) -> Found:
    """A browser nobody signed in with is shown a sign-in before any redirect to the client."""
    cold = [one for one in authorizations(trace) if one.request.header("cookie") is None]
    for one in some(cold):
        if one in _redirects_to_client(trace) and "code" in query(_location(one)):
            yield evidence(one, "response.status", one.status, "a sign-in page first")


@requirement("authz-no-cors")
def no_cors(trace: Trace) -> Found:
    """The authorization endpoint lets no page of another origin read it."""
    answers = [one for one in authorizations(trace) if one.response is not None]
    header = "access-control-allow-origin"
    # Without an Origin in the request only a header that is there proves anything.
    found = [one for one in answers if response(one).header(header) is not None]
    when(found or any(one.request.header("origin") for one in answers))
    for one in found:
        yield evidence(one, f"response.header.{header}", response(one).header(header), "(absent)")


@requirement("authz-clickjacking")
def pages_not_framed(trace: Trace) -> Found:
    """Sign-in and consent pages forbid other sites to frame them."""
    home = authorizations(trace)[0].request.url
    pages = (*trace.at(Step.AUTHORIZE, Purpose.AUTHORIZE), *trace.at(Step.LOGIN))
    shown_pages = some(
        one
        for one in pages
        if one.status == 200 and is_html(response(one)) and _same_origin(one.request.url, home)
    )
    for one in shown_pages:
        if not _guarded(response(one)):
            yield evidence(
                one,
                "response.header.content-security-policy",
                response(one).header("content-security-policy") or "(absent)",
                "frame-ancestors 'none', or X-Frame-Options",
            )


_UNSEEN = (
    unseen("authz-ignore-unknown", "Parameters that are not known are ignored.", NEVER_SENT),
    unseen(
        "authz-resource-unknown",
        "An unknown resource is refused, or gets a token of no use elsewhere.",
        NEVER_SENT,
    ),
    unseen("authz-pkce-required", "A public client's request without PKCE is refused.", NEVER_SENT),
    unseen("authz-pkce-bad-method", "An unknown challenge method is refused.", NEVER_SENT),
    unseen(
        "authz-redirect-exact", "A redirect URI that differs in any way is refused.", NEVER_SENT
    ),
    unseen(
        "authz-bad-redirect-no-redirect",
        "A bad redirect URI or an unknown client is not redirected to.",
        NEVER_SENT,
    ),
    unseen("authz-loopback-port", "Any port of a loopback redirect URI is accepted.", LOOPBACK),
    unseen(
        "authz-unknown-scope", "An unknown scope is refused by redirect, or ignored.", NEVER_SENT
    ),
    unseen("authz-dup-params", "A repeated parameter is refused.", NEVER_SENT),
    unseen(
        "authz-no-http-redirect",
        "A plain http redirect URI is refused, but for loopback.",
        NEVER_SENT,
    ),
    unseen(
        "authz-cold-browser",
        "The sign-in works in a browser without a history.",
        not_ours("a popup and third-party cookies are a real browser's"),
    ),
    unseen(
        "c-pkce",
        "Each request has a fresh verifier and its S256 challenge.",
        ours("client.authorization"),
    ),
    unseen("c-state", "Each request has a random state of its own.", ours("client.authorization")),
    unseen(
        "c-resource-param",
        "resource goes with the authorization request and every token request.",
        ours("client.authorization and harness.client.token"),
    ),
    unseen(
        "c-resource-canonical",
        "resource is the identifier of the metadata, else the canonical MCP URL.",
        ours("model.wellknown"),
    ),
    unseen(
        "c-scope-strategy",
        "The scope is that of the challenge, else that of the metadata.",
        ours("client.authorization"),
    ),
    unseen(
        "c-scope-authoritative",
        "The scope of a challenge is taken as it is.",
        ours("client.authorization"),
    ),
    unseen(
        "c-offline-access",
        "offline_access is added only where the server lists it.",
        ours("client.authorization"),
    ),
    unseen("c-redirect-registered", "The redirect URI is the registered one.", ours("profiles")),
    unseen(
        "c-params-once",
        "No parameter is sent twice, and the endpoint's own query is kept.",
        ours("client.authorization"),
    ),
    unseen(
        "c-authz-url-scheme",
        "Only http and https addresses are opened, never through a shell.",
        ours("client.discovery"),
    ),
    unseen(
        "c-external-browser",
        "No embedded browser is used.",
        not_ours("ours follows the pages itself, or opens the user's own browser"),
    ),
)


def _sent(exchange: Exchange) -> dict[str, list[str]]:
    return query(exchange.request.url)


def _scopes(exchange: Exchange) -> list[str]:
    return " ".join(_sent(exchange).get("scope", [])).split()


def _location(exchange: Exchange) -> str:
    return response(exchange).header("location") or ""


def _errors(trace: Trace) -> Iterator[tuple[Exchange, str, str]]:
    """The errors of the request itself, told to the callback or on a page."""
    for one in trace.at(Step.CALLBACK, Purpose.CALLBACK):
        for error in parameters(one).get("error", []):
            yield one, "request.query.error", error
    for one in (*trace.at(Step.AUTHORIZE, Purpose.AUTHORIZE), *trace.at(Step.LOGIN)):
        told = oauth_error(one)
        if one.status is not None and one.status >= 400 and told in _OF_THE_REQUEST:
            yield one, "response.body.error", str(told)


def _redirects_to_client(trace: Trace) -> list[Exchange]:
    """The answers that send the browser to the redirect URI."""
    asked = authorizations(trace)
    homes = {uri for one in asked for uri in _sent(one).get("redirect_uri", [])}
    pages = (*asked, *trace.at(Step.LOGIN))
    return some(
        one
        for one in pages
        if one.response is not None
        and one.response.is_redirect
        and any(_location(one).startswith(home) for home in homes if home)
    )


def _same_origin(one: str, two: str) -> bool:
    return is_http_url(one) and is_http_url(two) and origin(one) == origin(two)


def _guarded(page: Response) -> bool:
    options = (page.header("x-frame-options") or "").strip().lower()
    ancestors = _ANCESTORS.search(page.header("content-security-policy") or "")
    return options in ("deny", "sameorigin") or (
        ancestors is not None and "*" not in ancestors.group(1).split()
    )


ROWS: tuple[Requirement, ...] = (
    get_is_answered,
    resource_accepted,
    resource_may_be_left_out,
    errors_go_to_the_client,
    no_redirect_that_repeats_the_post,
    callback_by_get,
    scope_may_be_left_out,
    offline_access_accepted,
    user_signs_in_first,
    no_cors,
    pages_not_framed,
    *_UNSEEN,
)
