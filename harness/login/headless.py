"""Signs in without a person: follows redirects, fills forms and approves, as a browser would.

It only decides; the requests it yields are sent and answered elsewhere, so it replays as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from harness.client.events import Ask, Flow, Send, sent
from harness.login.cookies import Jar, cookie_header, store
from harness.login.elements import Page
from harness.login.move import Here, Move, Stuck, next_move
from harness.login.navigation import (
    AddressError,
    Navigation,
    is_redirect_uri,
    redirected,
    referrer_policy,
    request_headers,
    resolve,
)
from harness.login.notes import (
    answered_error,
    circles,
    needs_human,
    no_answer,
    unread,
    why_no_page,
)
from harness.login.page import read, refresh_target
from harness.model.trace import (
    Exchange,
    Headers,
    Note,
    NoteKind,
    Purpose,
    Response,
    Step,
    Voice,
)

_MOST_REDIRECTS = 20
_HTML = ("text/html", "application/xhtml+xml")
_PURPOSES = {
    Step.AUTHORIZE: Purpose.AUTHORIZE,
    Step.LOGIN: Purpose.PAGE,
    Step.CALLBACK: Purpose.CALLBACK,
}


@dataclass(frozen=True, kw_only=True)
class _Journey:
    """Where the sign-in goes next, and what it brings along."""

    navigation: Navigation
    jar: Jar = ()
    now: float = 0.0
    form: tuple[object, ...] | None = None
    """What the form that was sent last is recognised by."""


@dataclass(frozen=True, kw_only=True)
class _Landing:
    """The end of one page load: an answer that is no redirect, or the redirect URI itself."""

    exchange: Exchange
    response: Response
    journey: _Journey


def sign_in(
    ask: Ask, *, fields: Mapping[str, str], headers: Headers, max_pages: int = 10
) -> Flow[Exchange | None]:
    """The exchange that reached the redirect URI; None after a note that says what was in the way.

    `fields` answers the fields of forms by name or id; `headers` are those of every page load, in
    wire order, without Host, Cookie, Referer, Origin and what describes the body.
    """
    try:
        journey = _Journey(navigation=Navigation(url=resolve("", ask.url)))
    except AddressError as error:
        yield needs_human(f"the sign-in starts at {error}", url=ask.url)
        return None
    for number in range(max_pages + 1):
        landing = yield from _land(ask, journey=journey, headers=headers, is_first=number == 0)
        if landing is None or landing.exchange.step is Step.CALLBACK:
            return landing.exchange if landing else None
        outcome = _next(landing, ask=ask, fields=fields)
        if isinstance(outcome, Move) and number == max_pages:
            text = f"the sign-in shows more than {max_pages} pages"
            outcome = unread(landing.exchange, text, page=_page(landing.response))
        if isinstance(outcome, Note):
            yield outcome
            return None
        yield Note(step=Step.LOGIN, kind=NoteKind.DECISION, text=outcome.text)
        journey = replace(landing.journey, navigation=outcome.navigation, form=outcome.form)
    return None


def _land(
    ask: Ask, *, journey: _Journey, headers: Headers, is_first: bool
) -> Flow[_Landing | None]:
    """Load a page and follow its redirects; None after a note when that does not end well."""
    hops: list[Exchange] = []
    while len(hops) <= _MOST_REDIRECTS:
        send = _send(ask, journey=journey, headers=headers, is_first=is_first and not hops)
        exchange = yield from sent(send)
        response = exchange.response
        if response is None or exchange.failure is not None:
            yield no_answer(exchange)
            return None
        journey = _with_cookies(journey, exchange, response)
        if send.step is Step.CALLBACK or not response.is_redirect:
            return _Landing(exchange=exchange, response=response, journey=journey)
        hops.append(exchange)
        try:
            journey = replace(journey, navigation=redirected(journey.navigation, response))
        except AddressError as error:
            text = f"the sign-in redirects to {error}"
            yield unread(exchange, text, page=_page(response))
            return None
    yield circles(hops)
    return None


def _send(ask: Ask, *, journey: _Journey, headers: Headers, is_first: bool) -> Send:
    navigation = journey.navigation
    step = Step.LOGIN
    if is_first:
        step = Step.AUTHORIZE
    elif is_redirect_uri(navigation.url, ask.redirect_uri):
        step = Step.CALLBACK
    cookie = cookie_header(journey.jar, url=navigation.url, now=journey.now)
    return Send(
        step=step,
        purpose=_PURPOSES[step],
        voice=Voice.BROWSER,
        method=navigation.method,
        url=navigation.url,
        headers=request_headers(navigation, headers=headers, cookie=cookie),
        body=navigation.body,
        exploration=ask.exploration,
    )


def _with_cookies(journey: _Journey, exchange: Exchange, response: Response) -> _Journey:
    now = exchange.started
    lines = response.header_lines("set-cookie")
    jar = store(journey.jar, url=journey.navigation.url, lines=lines, now=now)
    return replace(journey, jar=jar, now=now)


def _next(landing: _Landing, *, ask: Ask, fields: Mapping[str, str]) -> Move | Note:
    """What to do with the answer a page load ended in."""
    exchange, response = landing.exchange, landing.response
    page = _page(response)
    outcome: Move | Stuck | None = None
    if page is not None:
        here = Here(
            page=page,
            url=landing.journey.navigation.url,
            policy=referrer_policy(response),
            redirect_uri=ask.redirect_uri,
            sent=landing.journey.form,
        )
        outcome = next_move(here, fields)
    # Some servers refuse a password with 401 or 422 and the form again: that is no broken page.
    came_back = isinstance(outcome, Stuck) and outcome.came_back
    if response.status >= 400 and not came_back:
        return answered_error(exchange, page)
    if isinstance(outcome, Move):
        return outcome
    if outcome is None or page is None:
        return unread(exchange, why_no_page(response))
    return needs_human(
        f"the page {outcome.text}",
        url=exchange.request.url,
        status=response.status,
        page=page,
        fields=outcome.fields,
    )


def _page(response: Response) -> Page | None:
    """The HTML page of a response, None when it is something else."""
    media_type = response.media_type
    looks_like_html = not media_type and response.body.lstrip()[:1] == b"<"
    if response.encoding_error or not (media_type in _HTML or looks_like_html):
        return None
    page = read(response)
    header = refresh_target(response.header("refresh") or "")
    return replace(page, refresh=header) if header and not page.refresh else page
