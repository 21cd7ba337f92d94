"""What did not come in a connection that was watched: the request that would have been next."""

from collections.abc import Iterator
from urllib.parse import urljoin

from harness.diagnosis.decisions import named_issuer
from harness.model.challenge import bearer
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Surface
from harness.model.wellknown import UrlError, is_http_url, origin, query

TOKEN_LIMIT = 10.0
"""Seconds after which claude.ai gives up on a token request, as reported."""

_OPENING = (Purpose.INITIALIZE, Purpose.DISCOVER)


def missing(trace: Trace) -> str | None:
    """Sentences on the next request that did not come, and why that may be; None after a result."""
    return " ".join(_missing(trace)) or None


def is_probe(trace: Trace) -> bool:
    """True for calls without a token that were answered 401, with nothing after them."""
    return all(
        one.step is Step.CHALLENGE and one.purpose in _OPENING and one.status == 401
        for one in trace.exchanges
    )


def out_of_sight(trace: Trace) -> str | None:
    """The authorization server, where all that goes to it is not seen here."""
    issuer = named_issuer(trace)
    if issuer is None or not is_http_url(issuer):
        return None
    seen = {_origin(one.request.url) for one in trace.exchanges}
    return issuer if _origin(issuer) not in seen else None


def _missing(trace: Trace) -> Iterator[str]:
    calls = [one for one in trace.exchanges if one.request.header("authorization") is not None]
    calls = [one for one in calls if one.step not in (Step.TOKEN, Step.REFRESH)]
    if calls:
        return
    elsewhere = out_of_sight(trace)
    if (issued := trace.last(Step.TOKEN, Purpose.TOKEN)) is not None:
        yield from _after_token(issued)
    elif (back := _sent_back(trace)) is not None:
        yield (
            f"The browser was sent back to {_place(back)} with a code, and no token was asked for: "
            "the callback did not get there (a blocked redirect, a POST in place of a GET, a lost "
            "or changed state), or the token endpoint is not behind this proxy."
        )
    elif trace.last(Step.AUTHORIZE) is not None:
        yield "The sign-in page was opened; the browser was not sent back with a code yet."
    elif elsewhere is not None:
        yield (
            f"The authorization server {elsewhere} is not behind this proxy: whether Claude "
            "registered there, the user signed in and a token was issued is out of sight. Put it "
            "behind the proxy too (--also-upstream), or look into its log (harness diagnose "
            "--access-log)."
        )
    elif trace.last(Step.REGISTRATION) is not None:
        yield "Claude has asked for a client, and the browser has not come to the sign-in page."
    elif _found(trace, Step.SERVER_METADATA):
        yield (
            "The metadata was read, and neither a registration nor a sign-in followed: something "
            "in it stopped Claude, or it signs in as a client it has."
        )
    elif trace.last(Step.RESOURCE_METADATA) is not None:
        yield "The resource metadata was asked for, and no server metadata after it."
    elif trace.last(Step.CHALLENGE) is not None:
        yield from _after_challenge(trace)


def _after_token(issued: Exchange) -> Iterator[str]:
    if issued.status != 200:
        return
    took = issued.timing.total / 1000
    if took > TOKEN_LIMIT:
        yield (
            f"The token was issued after {took:.0f} s; claude.ai was reported to wait no longer "
            f"than {TOKEN_LIMIT:.0f} s."
        )
        return
    yield (
        "A token was issued, and no call has carried it, under neither of Claude's names: a rule "
        "of an edge in front of this proxy stops Claude-User, the URL in Claude is another than "
        "this one, or Claude did not take the token's answer."
    )


def _after_challenge(trace: Trace) -> Iterator[str]:
    last = trace.last(Step.CHALLENGE, *_OPENING)
    if last is None or last.status != 401 or last.response is None:
        return
    challenge = bearer(last.response.header_lines("www-authenticate"))
    pointer = challenge.params.get("resource_metadata") if challenge else None
    if is_http_url(pointer) and _origin(str(pointer)) != _origin(trace.target):
        yield f"The 401 points to {pointer}, which is not behind this proxy."
    elif trace.surface == Surface.CLAUDE_AI:
        yield (
            "The 401 was given, and no metadata was asked for: this is what the probes look like "
            "that Claude sends from time to time, and what comes before somebody presses Connect."
        )


def _found(trace: Trace, step: Step) -> bool:
    return any(one.status == 200 for one in trace.at(step))


def _sent_back(trace: Trace) -> str | None:
    """Where a redirect led with a code."""
    asked = trace.last(Step.AUTHORIZE, Purpose.AUTHORIZE)
    back = query(asked.request.url).get("redirect_uri") if asked else None
    for one in reversed(trace.exchanges):
        location = one.response.header("location") if one.response else None
        if back is None or location is None or one.step.position < Step.AUTHORIZE.position:
            continue
        try:
            where = urljoin(one.request.url, location)
        except ValueError:
            continue
        if where.startswith(back) and "code" in query(where):
            return where
    return None


def _origin(url: str) -> str:
    try:
        return origin(url)
    except UrlError:
        return url


def _place(url: str) -> str:
    return url.partition("?")[0]
