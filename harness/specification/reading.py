"""Questions about a trace that several requirements ask; NotShown where there is no answer."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import parse_qs, parse_qsl, urlsplit

from harness.diagnosis.reading import METADATA_FORMS, challenge_parameter, evidence, opening, used
from harness.diagnosis.token_endpoint import document
from harness.model.challenge import Challenge, bearer, parse
from harness.model.trace import Exchange, Json, Purpose, Response, Step, Trace, Voice
from harness.model.verdict import Evidence
from harness.model.wellknown import UrlError, is_http_url, origin, resource_metadata_urls, split
from harness.specification.requirement import NotShown

type Found = Iterator[Evidence]
type Document = dict[str, Json]

SERVER_METADATA_FORMS = (
    Purpose.RFC8414,
    Purpose.OIDC,
    Purpose.OIDC_APPENDED,
    Purpose.RFC8414_ROOT,
)
UNAUTHENTICATED = (Purpose.INITIALIZE, Purpose.DISCOVER, Purpose.PAGE_CALL, Purpose.HEAD)
_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


def shown[T](value: T | None) -> T:
    """The value; raises NotShown where there is none."""
    if value is None:
        raise NotShown
    return value


def some[T](values: Iterable[T]) -> list[T]:
    """All values; raises NotShown where there are none."""
    found = list(values)
    if not found:
        raise NotShown
    return found


def when(condition: object) -> None:
    """Raises NotShown unless the condition holds."""
    if not condition:
        raise NotShown


def response(exchange: Exchange | None) -> Response:
    return shown(shown(exchange).response)


def resource_answers(trace: Trace) -> list[Exchange]:
    """The final answer of each resource metadata form that was asked, behind redirects."""
    found = (trace.last(Step.RESOURCE_METADATA, purpose) for purpose in METADATA_FORMS)
    return [one for one in found if one is not None]


def resource_documents(trace: Trace) -> list[tuple[Exchange, Document]]:
    """Every copy of the resource metadata that can be read."""
    return some(
        (one, document(one))
        for one in resource_answers(trace)
        if one.status == 200 and one.json_object
    )


def resource_document(trace: Trace) -> tuple[Exchange, Document]:
    """The copy that the client used, else the first that can be read."""
    copies = resource_documents(trace)
    chosen = used(trace, Step.RESOURCE_METADATA)
    return next((one for one in copies if one[0] is chosen), copies[0])


def server_answers(trace: Trace) -> list[Exchange]:
    """The final answer of each form of the authorization server's metadata that was asked."""
    found = (trace.last(Step.SERVER_METADATA, purpose) for purpose in SERVER_METADATA_FORMS)
    return [one for one in found if one is not None]


def server_document(trace: Trace) -> tuple[Exchange, Document]:
    """The authorization server's metadata that the client used, else what can be read of it."""
    answers = [one for one in server_answers(trace) if one.status == 200 and one.json_object]
    chosen = used(trace, Step.SERVER_METADATA)
    found = next((one for one in answers if one is chosen), answers[0] if answers else None)
    return shown(found), document(found)


def first_issuer(trace: Trace) -> str | None:
    """The authorization server that the resource metadata names first."""
    servers = strings(resource_document(trace)[1].get("authorization_servers"))
    return servers[0] if servers else None


def asked_at_the_issuer(trace: Trace) -> bool:
    """True when the named issuer was asked for metadata, and no other for want of it."""
    issuer = first_issuer(trace)
    home = origin(issuer) if issuer and is_http_url(issuer) else None
    return any(
        origin(one.request.url) == home
        for one in trace.at(Step.SERVER_METADATA)
        if is_http_url(one.request.url)
    )


def published(trace: Trace, member: str) -> tuple[Exchange, Json]:
    """A member of the authorization server's metadata that is there."""
    exchange, metadata = server_document(trace)
    when(member in metadata)
    return exchange, metadata[member]


def strings(value: Json) -> list[str]:
    """The strings of a list; empty for anything else."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def items(value: Json) -> list[Json]:
    """The entries of a list; empty for anything else."""
    return value if isinstance(value, list) else []


def is_scope(value: Json) -> bool:
    """True for a single scope (RFC 6749 section 3.3)."""
    return isinstance(value, str) and _SCOPE_TOKEN.fullmatch(value) is not None


def member_evidence(exchange: Exchange, metadata: Document, name: str, expected: str) -> Evidence:
    """What a member of a document holds, or that it is absent."""
    found = json.dumps(metadata[name]) if name in metadata else "(absent)"
    return evidence(exchange, f"response.body.{name}", found, expected)


def unauthenticated(trace: Trace) -> list[Exchange]:
    """The answers of the MCP URL itself to calls that carried no token."""
    return some(
        one
        for one in trace.at(Step.CHALLENGE, *UNAUTHENTICATED)
        if one.response is not None and one.request.header("authorization") is None
    )


def refusals(trace: Trace) -> list[Exchange]:
    """The answers of status 401 to calls that carried no token."""
    return some(one for one in unauthenticated(trace) if one.status == 401)


def protected(trace: Trace) -> bool:
    """True when the server asks anybody for a token, or publishes where to get one."""
    asked = any(one.status == 401 for one in trace.at(Step.CHALLENGE))
    named = any(one.json_object for one in resource_answers(trace) if one.status == 200)
    return asked or named


def opening_challenge(trace: Trace) -> tuple[Exchange, Challenge]:
    """The Bearer challenge of the first answer."""
    exchange = shown(opening(trace, Voice.BROKER))
    return exchange, shown(bearer_of(exchange))


def bearer_of(exchange: Exchange) -> Challenge | None:
    """The first Bearer challenge of an answer."""
    return bearer(challenge_lines(exchange))


def challenges_of(exchange: Exchange) -> list[Challenge]:
    return parse(challenge_lines(exchange))


def challenge_lines(exchange: Exchange) -> list[str]:
    return exchange.response.header_lines("www-authenticate") if exchange.response else []


def pointer(trace: Trace) -> str | None:
    """Where the first challenge says the resource metadata lies."""
    return challenge_parameter(opening(trace, Voice.BROKER), "resource_metadata")


def well_known(trace: Trace, form: Purpose) -> str:
    """The address of a well-known form of the target's metadata."""
    try:
        addresses = dict(resource_metadata_urls(trace.target))
    except UrlError:
        raise NotShown from None
    return shown(addresses.get(form))


def asked_at(trace: Trace, url: str) -> Exchange | None:
    """The final answer to a metadata request that went to an address, behind redirects."""
    first = next((one for one in trace.exchanges if one.request.url == url), None)
    return trace.last(first.step, first.purpose) if first else None


@lru_cache(256)
def secure(url: str) -> bool:
    """True for https, and for http on a loopback host."""
    try:
        parts = split(url)
    except UrlError:
        return False
    name = parts.hostname or ""
    return parts.scheme == "https" or name in LOOPBACK_HOSTS or name.startswith("127.")


def plain_url(url: Json) -> bool:
    """True for an absolute http or https URL without fragment and user."""
    if not isinstance(url, str) or not is_http_url(url):
        return False
    parts = split(url)
    return not parts.fragment and "#" not in url and parts.username is None


def query(url: str) -> dict[str, list[str]]:
    """The query parameters with all their values; empty for what is no URL."""
    try:
        return parse_qs(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return {}


def parameters(exchange: Exchange) -> dict[str, list[str]]:
    """What came back to the callback, in the query or in a form."""
    values = query(exchange.request.url)
    if exchange.request.method != "GET":
        for name, value in parse_qsl(exchange.request.text, keep_blank_values=True):
            values.setdefault(name, []).append(value)
    return values


def sign_ins(trace: Trace) -> list[tuple[Exchange, Exchange]]:
    """Each authorization request with the callback that ended it."""
    pairs: list[tuple[Exchange, Exchange]] = []
    asked: Exchange | None = None
    for one in trace.exchanges:
        if one.step is Step.AUTHORIZE and one.purpose is Purpose.AUTHORIZE:
            asked = one
        elif one.step is Step.CALLBACK and asked is not None:
            pairs.append((asked, one))
            asked = None
    return some(pairs)


def callbacks(trace: Trace) -> list[Exchange]:
    return some(trace.at(Step.CALLBACK, Purpose.CALLBACK))


def authorizations(trace: Trace) -> list[Exchange]:
    """The authorization requests that Claude itself would have sent."""
    return some(trace.at(Step.AUTHORIZE, Purpose.AUTHORIZE, exploration=False))


def lower_list(exchange: Exchange, header: str) -> set[str]:
    """The comma-separated values of a response header, lower case."""
    value = (exchange.response.header(header) or "") if exchange.response else ""
    return {one.strip().lower() for one in value.split(",") if one.strip()}
