"""What the exchanges of a connection tell about it, for naming those that come after.

The allow-list of a run with a real client comes from the same knowledge.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

from harness.model.challenge import bearer
from harness.model.trace import Exchange, Json, Purpose, Step, Voice
from harness.model.wellknown import is_http_url, query

_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "registration_endpoint", "jwks_uri")


@dataclass(frozen=True)
class Label:
    """What an exchange is within a connection."""

    step: Step
    purpose: Purpose
    voice: Voice


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the exchanges of one connection have told so far."""

    target: str
    pointers: frozenset[str] = frozenset()
    """Addresses of resource metadata that challenges named."""
    issuers: frozenset[str] = frozenset()
    endpoints: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The addresses that metadata named, by the member that named them."""
    redirect_uris: frozenset[str] = frozenset()
    redirected: Mapping[str, Label] = field(default_factory=dict)
    """Where redirects led, and what the redirected request was."""
    signing_in: bool = False
    called_back: bool = False
    """The browser came back and no token was asked for since."""
    in_session: bool = False
    refreshed: bool = False
    """The newest token came from a refresh in an open session, and no call has carried it."""
    more_scope: bool = False
    """A call was refused for its scope, and not tried again since."""

    def addresses(self) -> Iterator[str]:
        """Every http(s) address that belongs to the connection, but not the redirect URIs."""
        found = {self.target, *self.pointers, *self.issuers, *self.redirected}
        yield from sorted(found.union(*self.endpoints.values()))


def learned(known: Known, exchange: Exchange) -> Known:
    """What is known after an exchange that carries its label."""
    known = _from_request(known, exchange)
    response = exchange.response
    if response is None:
        return known
    challenge = bearer(response.header_lines("www-authenticate"))
    pointer = challenge.params.get("resource_metadata") if challenge else None
    if pointer is not None and is_http_url(pointer):
        known = replace(known, pointers=known.pointers | {pointer})
    if challenge is not None and response.status == 403 and known.in_session:
        known = replace(known, more_scope=challenge.params.get("error") == "insufficient_scope")
    if response.is_redirect:
        return _from_redirect(known, exchange)
    if response.status in (200, 201) and response.json_object is not None:
        return _from_document(known, exchange, response.json_object)
    return known


def _from_request(known: Known, exchange: Exchange) -> Known:
    match exchange.step, exchange.purpose:
        case Step.AUTHORIZE, Purpose.AUTHORIZE:
            back = query(exchange.request.url).get("redirect_uri")
            uris = known.redirect_uris | ({back} if back else set())
            return replace(known, redirect_uris=uris, signing_in=True)
        case Step.CALLBACK, _:
            return replace(known, signing_in=False, called_back=True)
        case _, Purpose.TOKEN:
            return replace(known, called_back=False)
        case _, Purpose.REFRESH:
            return replace(known, refreshed=known.in_session and exchange.status == 200)
        case Step.REFRESH, _:
            return replace(known, refreshed=False)
        case Step.STEP_UP, _:
            return replace(known, more_scope=False)
        case ((Step.CHALLENGE | Step.CONNECT), (Purpose.INITIALIZE | Purpose.DISCOVER)):
            return replace(known, in_session=known.in_session or exchange.status == 200)
    return known


def _from_redirect(known: Known, exchange: Exchange) -> Known:
    label = Label(exchange.step, exchange.purpose, exchange.voice)
    response = exchange.response
    try:
        where = urljoin(exchange.request.url, (response and response.header("location")) or "")
    except ValueError:
        return known
    # A browser's redirects lead through pages, which are recognised by themselves.
    if label.voice is Voice.BROWSER or not is_http_url(where):
        return known
    return replace(known, redirected={**known.redirected, where: label})


def _from_document(known: Known, exchange: Exchange, document: Mapping[str, Json]) -> Known:
    if exchange.step is Step.RESOURCE_METADATA:
        servers = document.get("authorization_servers")
        named = [one for one in servers if is_http_url(one)] if isinstance(servers, list) else []
        return replace(known, issuers=known.issuers.union(str(one) for one in named))
    if exchange.step in (Step.SERVER_METADATA, Step.TOKEN) and exchange.request.method == "GET":
        endpoints = dict(known.endpoints)
        for name in _ENDPOINTS:
            if is_http_url(url := document.get(name)):
                endpoints[name] = endpoints.get(name, frozenset()) | {str(url)}
        return replace(known, endpoints=endpoints)
    return known
