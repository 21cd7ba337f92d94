"""Reachability, TLS and redirects."""

from urllib.parse import urljoin, urlsplit

from harness.diagnosis.network import is_public, local_name, resolved
from harness.diagnosis.reading import (
    body_evidence,
    endpoints_guessed,
    evidence,
    is_html,
    opening,
    status_evidence,
)
from harness.model.trace import Exchange, Purpose, Step, Trace, Voice
from harness.model.wellknown import origin
from harness.specification.reading import (
    Found,
    query,
    resource_answers,
    resource_documents,
    response,
    secure,
    server_answers,
    server_document,
    shown,
    some,
    strings,
    when,
)
from harness.specification.reasons import not_ours
from harness.specification.requirement import (
    NotShown,
    Requirement,
    requirement,
    unseen,
)

_ENDPOINTS = (
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "registration_endpoint",
    "jwks_uri",
    "revocation_endpoint",
    "introspection_endpoint",
)
_CREDENTIALS = ("token", "apikey", "api_key", "access_token", "usertoken", "key")


@requirement("net-https-mcp")
def endpoint_secure(trace: Trace) -> Found:
    """The MCP endpoint is an https URL, but for loopback hosts."""
    first = some(trace.exchanges)[0]
    if not secure(trace.target):
        yield evidence(first, "request.url", trace.target, "https")


@requirement("net-https-as")
def server_secure(trace: Trace) -> Found:
    """The issuer and every endpoint of the authorization server are https URLs."""
    exchange, metadata = server_document(trace)
    for name in _ENDPOINTS:
        url = metadata.get(name)
        if isinstance(url, str) and url.startswith("http:") and not secure(url):
            yield evidence(exchange, f"response.body.{name}", url, "https")


@requirement("net-https-prm")
def resource_secure(trace: Trace) -> Found:
    """The resource metadata, its resource and its authorization servers have https URLs."""
    for exchange, metadata in resource_documents(trace):
        named = [("resource", metadata.get("resource"))]
        named += [
            ("authorization_servers", one) for one in strings(metadata.get("authorization_servers"))
        ]
        if not secure(exchange.request.url):
            yield evidence(exchange, "request.url", exchange.request.url, "https")
        for name, url in named:
            if isinstance(url, str) and url.startswith("http:") and not secure(url):
                yield evidence(exchange, f"response.body.{name}", url, "https")


@requirement("net-tls-valid")
def certificates_verify(trace: Trace) -> Found:
    """Every host shows a certificate that is complete, in date, for its name and trusted."""
    reached = some(
        one
        for one in trace.exchanges
        if one.connection is not None and one.request.url.startswith("https:")
    )
    told: set[str] = set()
    for one in reached:
        connection = shown(one.connection)
        if connection.verify_errors and connection.host not in told:
            told.add(connection.host)
            yield evidence(
                one,
                "connection.certificate",
                f"{connection.host}: {'; '.join(connection.verify_errors)}",
                "a certificate that verifies",
            )


@requirement("net-public-address")
def addresses_public(trace: Trace) -> Found:
    """Every address that a host name resolves to can be reached from the internet."""
    for one, host, addresses in _resolved(trace):
        private = [each for each in addresses if not is_public(each)]
        if private:
            yield evidence(one, "connection", f"{host}: {', '.join(private)}", "a public address")


@requirement("net-ipv4")
def addresses_of_ipv4(trace: Trace) -> Found:
    """Every host has an IPv4 address."""
    for one, host, addresses in _resolved(trace):
        if all(":" in each for each in addresses):
            yield evidence(one, "connection", f"{host}: {', '.join(addresses)}", "an IPv4 address")


@requirement("net-egress-reachable")
def same_for_both_voices(trace: Trace) -> Found:
    """The same call gets the same status whatever its User-Agent."""
    broker, runtime = opening(trace, Voice.BROKER), opening(trace, Voice.RUNTIME)
    one, two = shown(broker), shown(runtime)
    when(one.response and two.response)
    if one.status != two.status:
        agent = one.request.header("user-agent")
        yield status_evidence(two, f"{one.status}, as {agent} got it")


@requirement("net-no-html-interstitial")
def no_page_for_a_document(trace: Trace) -> Found:
    """Metadata, registration and tokens are never answered with 200 and a web page."""
    asked = some(
        one
        for one in trace.exchanges
        if one.response is not None
        and (
            one.step in (Step.RESOURCE_METADATA, Step.SERVER_METADATA, Step.REGISTRATION)
            or one.purpose in (Purpose.TOKEN, Purpose.REFRESH)
        )
        # What answers at an endpoint that was guessed need not be one.
        and (one.step.position < Step.REGISTRATION.position or not endpoints_guessed(trace))
    )
    for one in asked:
        if one.status == 200 and is_html(response(one)):
            yield body_evidence(one, "application/json")


@requirement("net-mcp-no-redirect")
def endpoint_does_not_redirect(trace: Trace) -> Found:
    """A POST to the MCP URL is answered there, without a redirect."""
    posts = some(
        one
        for one in trace.exchanges
        if one.request.method == "POST"
        and one.request.url == trace.target
        and one.response is not None
    )
    for one in posts:
        if response(one).is_redirect:
            yield evidence(
                one, "response.header.location", response(one).header("location"), "no redirect"
            )


@requirement("net-trailing-slash")
def slash_makes_no_difference(trace: Trace) -> Found:
    """Where the URL is written with a closing slash, it answers alike without one."""
    other = next(trace.at(Step.CHALLENGE, Purpose.OTHER_SLASH), None)
    spelled = shown(opening(trace, Voice.RUNTIME))
    when(trace.target.endswith("/") and shown(other).response)
    if shown(other).status != spelled.status:
        yield status_evidence(shown(other), f"{spelled.status}, as with the slash")


@requirement("net-wellknown-public")
def metadata_needs_no_token(trace: Trace) -> Found:
    """Metadata that is there is given to anybody, without a token or a cookie."""
    asked = some([*resource_answers(trace), *server_answers(trace)])
    for step in (Step.RESOURCE_METADATA, Step.SERVER_METADATA):
        answers = [one for one in asked if one.step is step]
        found = any(one.status == 200 and one.json_object for one in answers)
        for one in answers:
            meant = one.purpose is Purpose.METADATA_POINTER or not found
            if one.status in (401, 403) and meant:
                yield status_evidence(one, "200 without a token")


@requirement("net-wellknown-no-redirect")
def metadata_does_not_redirect(trace: Trace) -> Found:
    """A redirect of a metadata address stays on its origin and adds no prefix to the path."""
    asked = some(
        one
        for one in trace.exchanges
        if one.step in (Step.RESOURCE_METADATA, Step.SERVER_METADATA) and one.response is not None
    )
    for one in asked:
        if not response(one).is_redirect:
            continue
        location = response(one).header("location") or ""
        if _leads_away(one.request.url, location):
            yield evidence(one, "response.header.location", location, "200")


@requirement("net-no-credentials-in-url")
def url_holds_no_credentials(trace: Trace) -> Found:
    """The MCP URL holds no user, no fragment and no token."""
    first = some(trace.exchanges)[0]
    try:
        parts = urlsplit(trace.target)
    except ValueError:
        raise NotShown from None
    if parts.username is not None or parts.password is not None:
        yield evidence(first, "request.url", "(a user before the host)", "no user")
    if parts.fragment:
        yield evidence(first, "request.url", f"#{parts.fragment}", "no fragment")
    for name in query(trace.target):
        if name.lower().replace("-", "_") in _CREDENTIALS:
            yield evidence(first, "request.url", f"a parameter {name}", "no token in the URL")


_UNSEEN = (
    unseen(
        "net-nondefault-path",
        "A path other than /mcp is a hint, nothing more.",
        not_ours("reports contradict each other, so nothing can be violated"),
    ),
)


def _resolved(trace: Trace) -> list[tuple[Exchange, str, tuple[str, ...]]]:
    """The addresses of each host that was not led elsewhere on purpose."""
    found: dict[str, tuple[Exchange, str, tuple[str, ...]]] = {}
    for one in trace.exchanges:
        connection, addresses = one.connection, resolved(one.connection)
        if connection is not None and addresses and not local_name(connection.host):
            found.setdefault(connection.host, (one, connection.host, addresses))
    return some(found.values())


def _leads_away(url: str, location: str) -> bool:
    try:
        target = urljoin(url, location)
        old, new = urlsplit(url).path, urlsplit(target).path
        prefixed = new != old and new.rstrip("/").endswith(old.rstrip("/"))
        return origin(target) != origin(url) or prefixed
    except ValueError:
        return True


ROWS: tuple[Requirement, ...] = (
    endpoint_secure,
    server_secure,
    resource_secure,
    certificates_verify,
    addresses_public,
    addresses_of_ipv4,
    same_for_both_voices,
    no_page_for_a_document,
    endpoint_does_not_redirect,
    slash_makes_no_difference,
    metadata_needs_no_token,
    metadata_does_not_redirect,
    url_holds_no_credentials,
    *_UNSEEN,
)
