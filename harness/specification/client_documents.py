"""Client ID metadata documents (CIMD)."""

from urllib.parse import urlsplit

from harness.diagnosis.reading import (
    body_evidence,
    evidence,
    is_html,
    status_evidence,
)
from harness.diagnosis.token_endpoint import code_answer, document, issued, oauth_error
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.specification.reading import (
    Found,
    authorizations,
    callbacks,
    parameters,
    query,
    response,
    shown,
    some,
    when,
)
from harness.specification.reasons import LOOPBACK, OWN_DOCUMENT, not_ours, ours
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)

_REFUSING = {"invalid_client", "unauthorized_client", "invalid_request"}


@requirement("cimd-accepts-url-client")
def url_client_accepted(trace: Trace) -> Found:
    """A client that is a URL reaches the sign-in, where the server says it takes such clients."""
    when(_uses_document(trace))
    one = authorizations(trace)[-1]
    if response(one).status >= 400:
        yield status_evidence(one, "the sign-in page, or the callback")
    for back in trace.at(Step.CALLBACK, Purpose.CALLBACK):
        for error in parameters(back).get("error", []):
            if error in _REFUSING:
                yield evidence(back, "request.query.error", error, "a code")


@requirement("cimd-public-token")
def url_client_gets_a_token(trace: Trace) -> Found:
    """A client that is a URL gets its token with PKCE and without a secret."""
    when(_uses_document(trace))
    one = shown(code_answer(trace))
    when(issued(one) or oauth_error(one) in ("invalid_client", "unauthorized_client"))
    if not issued(one):
        yield body_evidence(one, "an access token")


@requirement("cimd-show-host")
def consent_names_the_host(trace: Trace) -> Found:
    """The consent page shows the host of the redirect URI."""
    # A sign-in that ended early may not have come to the consent page.
    when(_uses_document(trace) and any(parameters(one).get("code") for one in callbacks(trace)))
    asked = query(authorizations(trace)[-1].request.url)
    host = urlsplit(asked.get("redirect_uri", [""])[0]).hostname
    pages = some(_pages(trace))
    # What scripts put on a page is not in its source.
    when(host and not any("<script" in response(one).text.lower() for one in pages))
    if not any(host and host in response(one).text for one in pages):
        yield evidence(pages[-1], "response.body", "(a page without it)", str(host))


@requirement("cimd-generated-ids")
def generated_id_is_no_url(trace: Trace) -> Found:
    """A client id that a registration hands out does not look like a document's URL."""
    for one in some(trace.at(Step.REGISTRATION)):
        name = document(one).get("client_id")
        if isinstance(name, str) and name.lower().startswith("https://"):
            yield evidence(one, "response.body.client_id", name, "no https URL")


_UNSEEN = (
    unseen(
        "cimd-match",
        "A document that names another client_id than its address is refused.",
        OWN_DOCUMENT,
    ),
    unseen(
        "cimd-redirect-check",
        "A redirect URI that the document does not list is refused.",
        OWN_DOCUMENT,
    ),
    unseen(
        "cimd-required-fields",
        "A document without client_id, client_name or redirect_uris is refused.",
        OWN_DOCUMENT,
    ),
    unseen("cimd-status-200", "Only an answer of status 200 counts as a document.", OWN_DOCUMENT),
    unseen(
        "cimd-no-redirects", "Redirects are not followed on the way to a document.", OWN_DOCUMENT
    ),
    unseen(
        "cimd-fetch-failure",
        "A document that cannot be had ends the request with an error page.",
        OWN_DOCUMENT,
    ),
    unseen("cimd-cache", "A document is kept as long as it says, a failure never.", OWN_DOCUMENT),
    unseen("cimd-ssrf", "Documents at special addresses are not fetched.", OWN_DOCUMENT),
    unseen("cimd-size", "A document beyond a few kilobytes is refused.", OWN_DOCUMENT),
    unseen("cimd-no-symmetric-secret", "A document with a shared secret is refused.", OWN_DOCUMENT),
    unseen("cimd-loopback-port", "Any port of a loopback redirect URI is accepted.", LOOPBACK),
    unseen(
        "c-cimd-url",
        "The client's URL is https, with a path and without fragment or user.",
        ours("profiles"),
    ),
    unseen(
        "c-cimd-document",
        "The document is JSON and names itself and its redirect URIs.",
        not_ours("Claude hosts the document, ours only names it"),
    ),
    unseen(
        "c-cimd-check-flag",
        "The URL is used only where the server takes such clients.",
        ours("client.registration"),
    ),
    unseen(
        "c-cimd-claude-ids", "The URL is the one of the surface that is played.", ours("profiles")
    ),
)


def _uses_document(trace: Trace) -> bool:
    return trace.decision(Step.REGISTRATION, "way") == "cimd"


def _pages(trace: Trace) -> list[Exchange]:
    """The web pages of the sign-in."""
    return [
        one
        for one in (*trace.at(Step.AUTHORIZE, Purpose.AUTHORIZE), *trace.at(Step.LOGIN))
        if one.status == 200 and one.response is not None and is_html(one.response)
    ]


ROWS: tuple[Requirement, ...] = (
    url_client_accepted,
    url_client_gets_a_token,
    consent_names_the_host,
    generated_id_is_no_url,
    *_UNSEEN,
)
