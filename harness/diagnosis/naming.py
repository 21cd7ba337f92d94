"""Names captured exchanges: an exchange of a trace for each, and how sure its name is."""

from urllib.parse import urlsplit

from harness.diagnosis.classify import classify, is_call, is_grant
from harness.diagnosis.known import Known, Label
from harness.model.captured import Captured
from harness.model.imported import Certainty
from harness.model.token import issued_token, token_facts
from harness.model.trace import Exchange, Purpose, Request, Response, Step, TokenFacts
from harness.model.wellknown import query

_BY_CONTENT = (Purpose.AUTHORIZE, Purpose.CALLBACK)


def named(captured: Captured, known: Known, n: int) -> Exchange:
    """The captured exchange as number `n` of a trace, named by what is known before it."""
    return labelled(captured, classify(captured.request, known), n)


def labelled(captured: Captured, label: Label, n: int) -> Exchange:
    """The captured exchange as number `n` of a trace, under a given label."""
    return Exchange(
        n=n,
        step=label.step,
        purpose=label.purpose,
        voice=label.voice,
        request=captured.request,
        response=captured.response,
        failure=captured.failure,
        connection=captured.connection,
        timing=captured.timing,
        started=captured.started,
        token=_token(label.purpose, captured.response),
    )


def certainty(exchange: Exchange, known: Known) -> Certainty:
    """How sure the name of an exchange is, by what was known before it."""
    request = exchange.request
    if _named(request, known) or is_call(request) or is_grant(request):
        return Certainty.SURE
    if exchange.purpose in _BY_CONTENT:
        return (
            Certainty.SURE
            if {"client_id", "state"} & set(query(request.url))
            else (Certainty.LIKELY)
        )
    if exchange.purpose is Purpose.REGISTER and "redirect_uris" in (request.json_object or {}):
        return Certainty.SURE
    if exchange.step is Step.LOGIN or exchange.purpose is Purpose.OTHER:
        return Certainty.GUESS
    return Certainty.LIKELY


def _named(request: Request, known: Known) -> bool:
    """True for an address that an earlier answer named."""
    page = request.url.partition("?")[0]
    endpoints = {one.partition("?")[0] for urls in known.endpoints.values() for one in urls}
    if request.url in known.pointers or request.url in known.redirected or page in endpoints:
        return True
    return page in known.redirect_uris or any(_lies_at(page, one) for one in known.issuers)


def _lies_at(page: str, issuer: str) -> bool:
    """True for a well-known address of an issuer (RFC 8414 section 3)."""
    one, other = urlsplit(page), urlsplit(issuer)
    same = (one.scheme, one.netloc.lower()) == (other.scheme, other.netloc.lower())
    return same and "/.well-known/o" in one.path


def _token(purpose: Purpose, response: Response | None) -> TokenFacts | None:
    issues = purpose in (Purpose.TOKEN, Purpose.REFRESH)
    value = issued_token(response) if issues else None
    return token_facts(value) if value else None
