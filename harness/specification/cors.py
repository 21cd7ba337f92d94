"""What a client that runs in a page of another origin may read (Fetch standard)."""

from harness.diagnosis.reading import evidence, status_evidence
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Evidence
from harness.specification.reading import Found, lower_list, response, shown, some, when
from harness.specification.reasons import NO_ORIGIN
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)

_ORIGIN = "access-control-allow-origin"
_HEADERS = "access-control-allow-headers"
_ASKED = ("content-type", "mcp-protocol-version")


@requirement("cors-mcp-preflight")
def preflight_allows_the_call(trace: Trace) -> Found:
    """A preflight that lets pages in lets them POST with the headers of MCP."""
    one = _preflight(trace)
    allowed = _allowed_origin(one)
    when(allowed is not None)
    if not 200 <= response(one).status < 300:
        yield status_evidence(one, "2xx")
    if allowed not in ("*", one.request.header("origin")):
        yield evidence(one, f"response.header.{_ORIGIN}", allowed, "* or the origin")
    headers = lower_list(one, _HEADERS)
    missing = [name for name in _ASKED if name not in headers and "*" not in headers]
    if missing:
        yield _header_evidence(one, _HEADERS, ", ".join(missing))


@requirement("cors-authorization-explicit")
def authorization_named(trace: Trace) -> Found:
    """Authorization is allowed by name, as the wildcard does not cover it."""
    one = _preflight(trace)
    when(_allowed_origin(one) is not None)
    if "authorization" not in lower_list(one, _HEADERS):
        yield _header_evidence(one, _HEADERS, "Authorization")


@requirement("cors-preflight-unauthenticated")
def preflight_needs_no_token(trace: Trace) -> Found:
    """A preflight is neither refused for want of a token nor redirected."""
    one = _preflight(trace)
    when(_takes_part(trace))
    if response(one).status in (401, 403) or response(one).is_redirect:
        yield status_evidence(one, "2xx without a token")


@requirement("cors-expose")
def challenge_exposed(trace: Trace) -> Found:
    """Where pages are let in, they may read the challenge."""
    one = _page_call(trace)
    when(one.status == 401 and _allowed_origin(one) is not None)
    exposed = lower_list(one, "access-control-expose-headers")
    if "www-authenticate" not in exposed and "*" not in exposed:
        yield _header_evidence(one, "access-control-expose-headers", "WWW-Authenticate")


@requirement("cors-acao-on-errors")
def errors_readable(trace: Trace) -> Found:
    """Where the preflight lets pages in, errors do too."""
    one = _page_call(trace)
    when(_allowed_origin(_preflight(trace)) is not None and response(one).status >= 400)
    if _allowed_origin(one) is None:
        yield _header_evidence(one, _ORIGIN, "the origin, on errors too")


@requirement("cors-no-wildcard-credentials")
def no_credentials_for_all(trace: Trace) -> Found:
    """Credentials are not allowed together with any origin."""
    for one in _letting_in(trace):
        credentials = response(one).header("access-control-allow-credentials") or ""
        if _allowed_origin(one) == "*" and credentials.strip().lower() == "true":
            yield evidence(
                one, "response.header.access-control-allow-credentials", credentials, "no *"
            )


@requirement("cors-vary")
def caches_told(trace: Trace) -> Found:
    """Where the origin is echoed, caches are told that the answer depends on it."""
    echoed = [
        one
        for one in _letting_in(trace)
        if _allowed_origin(one) == one.request.header("origin") and _allowed_origin(one) != "*"
    ]
    for one in some(echoed):
        vary = lower_list(one, "vary")
        if "origin" not in vary and "*" not in vary:
            yield _header_evidence(one, "vary", "Origin")


_UNSEEN = (
    unseen("cors-metadata", "Metadata may be read by a page of another origin.", NO_ORIGIN),
    unseen(
        "cors-as-endpoints",
        "The endpoints of the authorization server may be called by one.",
        NO_ORIGIN,
    ),
)


def _preflight(trace: Trace) -> Exchange:
    one = shown(trace.last(Step.CHALLENGE, Purpose.PREFLIGHT))
    when(one.response)
    return one


def _page_call(trace: Trace) -> Exchange:
    one = shown(trace.last(Step.CHALLENGE, Purpose.PAGE_CALL))
    when(one.response)
    return one


def _allowed_origin(exchange: Exchange) -> str | None:
    return exchange.response.header(_ORIGIN) if exchange.response else None


def _letting_in(trace: Trace) -> list[Exchange]:
    """The answers that let a page of another origin read them."""
    return some(one for one in trace.exchanges if _allowed_origin(one) is not None)


def _takes_part(trace: Trace) -> bool:
    """True when the MCP URL lets any page in; a server need not."""
    asked = trace.at(Step.CHALLENGE, Purpose.PREFLIGHT, Purpose.PAGE_CALL)
    return any(_allowed_origin(one) is not None for one in asked)


def _header_evidence(exchange: Exchange, name: str, expected: str) -> Evidence:
    found = response(exchange).header(name) or "(absent)"
    return evidence(exchange, f"response.header.{name}", found, expected)


ROWS: tuple[Requirement, ...] = (
    preflight_allows_the_call,
    authorization_named,
    preflight_needs_no_token,
    challenge_exposed,
    errors_readable,
    no_credentials_for_all,
    caches_told,
    *_UNSEEN,
)
