"""Why the calls with a fresh token are refused: the token's own claims against what is published.

Only claims that would explain a refusal are looked at; the signature is nobody's business here.
"""

import math
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from harness.diagnosis.reading import evidence, opening, stopped_at, used
from harness.model.trace import Exchange, Json, Purpose, Response, Step, TokenFacts, Trace, Voice
from harness.model.verdict import Evidence

GRACE = 5
"""Seconds. A Date header has whole ones, and servers under load send one of a while ago."""

_READS_JWT = re.compile(r"\b(jwt|jws|jwe|jwks|malformed|segments|compact)\b", re.IGNORECASE)
_MISSING = re.compile(
    r"\b(missing|absent|not (found|provided|present|sent)|no)\b.{0,40}"
    r"\b(authorization|token|credentials?|header|bearer)\b"
    r"|\b(token|credentials?|header)\b.{0,20}\b(missing|absent|not (found|provided|present))\b",
    re.IGNORECASE,
)


def refused_call(trace: Trace, status: int) -> Exchange | None:
    """The last call with the fresh token, when Claude gives up there with this status.

    None also where the token was lost on the way, by a redirect for example.
    """
    called = trace.last(Step.CONNECT, Purpose.INITIALIZE)
    if called is None or called.status != status or not stopped_at(trace, Step.CONNECT):
        return None
    return called if called.request.header("authorization") is not None else None


def issued(trace: Trace) -> tuple[Exchange, TokenFacts] | None:
    """The token answer, and what the access token in it says of itself."""
    answer = trace.last(Step.TOKEN, Purpose.TOKEN)
    return (answer, answer.token) if answer is not None and answer.token is not None else None


def other_audience(trace: Trace) -> bool:
    """True when the token names an audience, or none, but not the MCP server."""
    found, resource = issued(trace), trace.decision(Step.AUTHORIZE, "resource")
    if found is None or found[1].kind != "jwt" or not isinstance(resource, str):
        return False
    audience = found[1].claims.get("aud")
    values = audience if isinstance(audience, list) else [audience]
    # Without closing slashes: a difference in the slash alone is another failure.
    named = {one.rstrip("/") for one in values if isinstance(one, str)}
    return named.isdisjoint((resource.rstrip("/"), trace.target.rstrip("/")))


def other_issuer(trace: Trace) -> Iterator[Evidence]:
    """The token's issuer, when neither the resource metadata nor the server itself names it."""
    found = issued(trace)
    named = trace.decision(Step.SERVER_METADATA, "issuer")
    metadata = used(trace, Step.SERVER_METADATA)
    document = (metadata.json_object if metadata else None) or {}
    published = [one for one in (document.get("issuer"), named) if isinstance(one, str)]
    if found is None or not published:
        return
    issuer = found[1].claims.get("iss")
    if issuer is not None and issuer not in published:
        yield evidence(found[0], "token.iss", issuer, published[0])


def other_time(trace: Trace) -> Iterator[Evidence]:
    """The token's times, when by the clock of the MCP server they have not come or are over."""
    found, called = issued(trace), _first_refused(trace)
    clock = _date(called) if called else None
    if found is None or called is None or clock is None:
        return
    answer, token = found
    shown = f"the server's clock: {_clock_of(called)}"
    for name in ("nbf", "iat"):
        when = _seconds(token.claims.get(name))
        if when is not None and when > clock + GRACE:
            yield evidence(answer, f"token.{name}", f"{when}, in {when - clock} s", shown)
    expires = _seconds(token.claims.get("exp"))
    if expires is not None and expires + GRACE < clock:
        yield evidence(answer, "token.exp", f"{expires}, {clock - expires} s ago", shown)


def unreadable(trace: Trace, called: Exchange) -> bool:
    """True when the token is opaque and the MCP server is likely to need one it can read.

    A server that issues its own tokens can look them up, and refuses them for another reason.
    """
    found, issuer = issued(trace), trace.decision(Step.SERVER_METADATA, "issuer")
    if found is None or found[1].kind != "opaque":
        return False
    elsewhere = isinstance(issuer, str) and urlsplit(issuer).netloc != urlsplit(trace.target).netloc
    return elsewhere or _says(called, _READS_JWT)


def says_missing(called: Exchange) -> bool:
    """True when a refusal says that there was no token, or no header with one."""
    return _says(called, _MISSING)


def answered_alike(trace: Trace, called: Exchange) -> Exchange | None:
    """The call without a token that got the very answer of this one, None where they differ."""
    without = opening(trace, Voice.RUNTIME)
    if without is None or without.response is None or called.response is None:
        return None
    if without.request.header("authorization") is not None:
        return None
    one, two = without.response, called.response
    challenges = one.header_lines("www-authenticate") == two.header_lines("www-authenticate")
    return without if one.status == two.status and challenges and _said(one) == _said(two) else None


def _says(called: Exchange, words: re.Pattern[str]) -> bool:
    response = called.response
    said = (response.header("www-authenticate") or "", response.text[:4096]) if response else ()
    return any(words.search(one) for one in said)


def _said(response: Response) -> object:
    """What an error body says, without request ids and times where it is a JSON object."""
    document = response.json_object or {}
    words = ("error", "error_description", "message", "detail", "code")
    said = {name: document[name] for name in words if name in document}
    return said or response.body


def _first_refused(trace: Trace) -> Exchange | None:
    calls = trace.at(Step.CONNECT, Purpose.DISCOVER, Purpose.INITIALIZE)
    return next((one for one in calls if one.status == 401), None)


def _clock_of(exchange: Exchange) -> str | None:
    return exchange.response.header("date") if exchange.response else None


def _date(exchange: Exchange) -> int | None:
    """Seconds since the epoch by the server's clock (RFC 9110 section 6.6.1)."""
    try:
        return int(parsedate_to_datetime(_clock_of(exchange) or "").timestamp())
    except (ValueError, OverflowError):
        return None


def _seconds(claim: Json) -> int | None:
    if not isinstance(claim, int | float) or isinstance(claim, bool) or not math.isfinite(claim):
        return None
    return int(claim)
