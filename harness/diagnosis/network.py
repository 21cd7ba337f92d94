"""The way to a host as a trace shows it: names, addresses, TLS handshakes, pages of an edge."""

import ipaddress
from collections.abc import Iterator

from harness.diagnosis.reading import first_contact, is_html
from harness.model.trace import Connection, Exchange, FailureKind, Response, Trace, Voice
from harness.model.wellknown import UrlError, host

UNREACHED = (
    "reach.connects",
    "reach.redirected",
    "resource-metadata.found",
    "resource-metadata.path-form",
    "server-metadata.found",
    "registration.accepted",
    "token.issued",
    "connect.accepted",
    "refresh.accepted",
)
"""The contract rows that a host nobody gets through to leaves unmet, whichever host it is."""

_LOCAL_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".localdomain")
_TUNNELS = (
    ".ts.net",
    ".trycloudflare.com",
    ".ngrok-free.app",
    ".ngrok-free.dev",
    ".ngrok.app",
    ".ngrok.dev",
    ".ngrok.io",
    ".loca.lt",
    ".devtunnels.ms",
)
_PRIVATE_AUTHORITIES = (
    "mkcert",
    "caddy local authority",
    "traefik default",
    "fake certificate",
    "(staging)",
    "fake le ",
    "origin ssl certificate authority",  # Cloudflare's, trusted by Cloudflare alone
    "internet widgits",
    "step-ca",
    "snakeoil",
)
_HEAD = 64 * 1024


def by_claude(trace: Trace) -> Iterator[Exchange]:
    """What Claude's own servers send; the browser has other networks and other trust."""
    return (one for one in trace.exchanges if one.voice is not Voice.BROWSER)


def is_public(address: str) -> bool:
    """True for an address that is routed in the internet."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return found.is_global and not found.is_multicast


def local_name(name: str) -> bool:
    """True for a name or address that means nothing in the internet, and is not meant to."""
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return "." not in name or name.endswith(_LOCAL_NAMES)


def resolved(connection: Connection | None) -> tuple[str, ...]:
    """What DNS answered for the host; nothing where a map led elsewhere without asking."""
    if connection is None or connection.mapped_to is None:
        return connection.addresses if connection else ()
    try:
        place = ipaddress.ip_address(host(connection.mapped_to))
    except (UrlError, ValueError):
        return ()
    led = {str(place), "127.0.0.1", "::1"}
    return () if set(connection.addresses) <= led else connection.addresses


def local_target(trace: Trace) -> bool:
    """True when the server is not public at all: it is being developed, or used at home."""
    try:
        if local_name(host(trace.target)):
            return True
    except UrlError:
        return False
    first = first_contact(trace)
    found = resolved(first.connection) if first else ()
    return bool(found) and not any(map(is_public, found))


def broken_handshake(trace: Trace) -> Exchange | None:
    """The first TLS handshake that the peer ended without a word, before its certificate."""
    for one in by_claude(trace):
        if one.failure is None or one.failure.kind is not FailureKind.TLS:
            continue
        seen = one.connection.certificates if one.connection else ()
        if "during the TLS handshake" in one.failure.text and not seen:
            return one
    return None


def bad_certificate(trace: Trace) -> tuple[Exchange, Connection] | None:
    """The first connection that failed for its certificate."""
    for one in by_claude(trace):
        if one.failure and one.failure.kind is FailureKind.TLS_CERTIFICATE and one.connection:
            return one, one.connection
    return None


def private_authority(connection: Connection) -> bool:
    """True when the certificate is known to come from an authority that the world does not trust.

    Either the leaf signed itself, or the name of its issuer says so.
    """
    leaf = connection.certificates[0] if connection.certificates else None
    if leaf is None:
        return False
    issuer = leaf.issuer.lower()
    return leaf.self_signed or any(one in issuer for one in _PRIVATE_AUTHORITIES)


def leaf_alone(connection: Connection) -> bool:
    """True when the chain ends after the leaf, and its issuer is one the world could know.

    Authorities that are trusted in public say in each leaf where their own certificate is; private
    ones hardly ever do.
    """
    unknown = any("local issuer" in one or "first cert" in one for one in connection.verify_errors)
    if not unknown or len(connection.certificates) != 1 or private_authority(connection):
        return False
    return connection.certificates[0].issuer_url is not None


def tunnel(exchange: Exchange) -> bool:
    """True for a host of a tunnel service, whose TLS ends at the edge of that service."""
    try:
        return host(exchange.request.url).endswith(_TUNNELS)
    except UrlError:
        return False


def bot_challenge(response: Response | None) -> bool:
    """True for a page by which an edge or a hoster asks a browser to prove itself."""
    if response is None:
        return False
    if response.header("cf-mitigated") == "challenge":
        return True
    if response.header("x-amzn-waf-action") in ("challenge", "captcha"):
        return True
    if not is_html(response):
        return False
    start = response.body[:_HEAD].lower()
    if b"/.well-known/sgcaptcha/" in start:
        return True
    asked = response.status in (403, 429, 503)
    return asked and (b"_cf_chl_opt" in start or b"<title>just a moment" in start)


def other_site(connection: Connection) -> bool:
    """True when the certificate names no host of the domain that was asked for."""
    if not any("mismatch" in one for one in connection.verify_errors):
        return False
    names = connection.certificates[0].names if connection.certificates else ()
    wanted = connection.host.lower().split(".")[-2:]
    return bool(names) and all(name.lower().split(".")[-2:] != wanted for name in names)
