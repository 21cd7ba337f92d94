"""The sign-in forgets the authorization request.

What happens
    The user signs in at the server's login page, and then stands on the start page of the
    application, or on an error page that misses `client_id`. No consent is asked, no code is
    issued, and Claude waits in vain.

Why it breaks
    The login page sends the user on to an address that is fixed, or to the authorization endpoint
    without its parameters. What Claude asked for (`client_id`, `redirect_uri`, `state`,
    `code_challenge`, `resource`) was kept neither in the session nor in the address. Common slips:
    a `return_to` that keeps the path and drops the query, a query that is not encoded and so ends
    at the first `&`, a login library that always goes to `/`.

Fix
    After the sign-in the browser has to come back to the authorization endpoint with the whole
    query it arrived with. Keep the request on the server under a short id before the login page is
    shown, and take it up again afterwards. Or carry the whole address, encoded once (Express):

        const back = encodeURIComponent(request.originalUrl);
        response.redirect(303, `/login?return_to=${back}`);

    and accept only paths of your own in `return_to`.

    With better-auth's OAuth provider the login page is handed the query of the authorization
    request. When the sign-in is done, go on with it instead of to `/`:

        const resume = "/api/auth/oauth2/authorize" + window.location.search;
        window.location.assign(resume);

    To see what is handed on, take the authorization address of a failed attempt:

        curl -si 'https://YOUR-ISSUER/authorize?...' | grep -i ^location

    The address of the login page has to hold an id, or the whole query with each `&` as `%26`. Then
    go through it in a private window: for users who are signed in already the failure does not
    show.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from harness.diagnosis.browsing import (
    Load,
    authorization_request,
    end_of_sign_in,
    parameters,
    sign_in,
)
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.LOGIN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("login.reaches-callback",),
    sources=(
        Source("github.com/neondatabase/neon-js/issues/203", seen="2026-08-07"),
        Source("github.com/oblien/openship/issues/540", seen="2026-08-10"),
        Source("github.com/syllogic-ai/syllogic/issues/76", seen="2026-04-21"),
    ),
)

_NEEDED = ("client_id", "redirect_uri", "response_type", "code_challenge", "state")
_START_PAGES = ("", "home", "dashboard", "app", "account", "profile", "index.html")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    asked, end = authorization_request(trace), end_of_sign_in(trace)
    if asked is None or end is None or end.last.response is None:
        return
    again = [one for load in sign_in(trace)[1:] for one in load.hops if _same_page(one, asked)]
    if again:
        sent = parameters(asked)
        lost = [name for name in _NEEDED if name in sent and name not in parameters(again[-1])]
        if lost:
            yield evidence(again[-1], "request.url", again[-1].request.url, f"{', '.join(lost)}")
            yield status_evidence(end.last, "a consent page, or a redirect to Claude")
    elif _at_start_page(end):
        yield evidence(end.hops[0], "request.method", "POST")
        yield evidence(end.last, "request.url", end.last.request.url, "the authorization request")


def _same_page(one: Exchange, two: Exchange) -> bool:
    return one.request.url.partition("?")[0] == two.request.url.partition("?")[0]


def _at_start_page(end: Load) -> bool:
    """True when a form that was sent led to the first page of an application."""
    first, last = end.hops[0].request, urlsplit(end.last.request.url)
    path = last.path.strip("/").lower()
    return (
        first.method == "POST"
        and b"password" in first.body
        and len(end.hops) > 1
        and path in _START_PAGES
        and not last.query
    )


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The login page knows the way back to the endpoint, and nothing else."""
    if not asked.path.endswith("/oauth/sign-in") or answer.status != 303:
        return answer
    return answer.with_header("Location", "/oauth/authorize")
