"""What a sign-in that went no further tells: which page, what it says, and what would help."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from harness.login.elements import Page
from harness.login.text import LARGEST_PAGE, clean
from harness.model.trace import (
    Exchange,
    FailureKind,
    Json,
    Note,
    NoteKind,
    Response,
    Step,
)
from harness.model.wellknown import UrlError, host, is_http_url

_SHOWN_TEXT = 600
_SHOWN_LINE = 200
_MOST_FIELDS = 20
_KEYS_OF_ADDRESSES = ("redirect_uri", "redirect_to", "redirect_url", "redirect", "location", "url")
_TEXTUAL = ("text/", "application/json", "application/problem+json", "application/xml")


def needs_human(
    text: str,
    *,
    url: str,
    status: int | None = None,
    page: Page | None = None,
    shown: str = "",
    fields: Sequence[str] = (),
) -> Note:
    """A note that only a person can go on, with what they would see and could answer."""
    title = page.title if page else ""
    data: dict[str, Json] = {
        "title": title,
        "text": clean(page.text if page else shown, _SHOWN_TEXT),
        "url": clean(url, 2000),
        "status": status,
        "fields": [clean(name, _SHOWN_LINE) for name in fields[:_MOST_FIELDS]],
    }
    named = f" (“{title}”)" if title else ""
    return Note(
        step=Step.LOGIN,
        kind=NoteKind.NEEDS_HUMAN,
        text=clean(text, 800) + named,
        data=data,
    )


def unread(exchange: Exchange, text: str, *, page: Page | None = None) -> Note:
    """A note that the sign-in stops at an answer that was not acted on."""
    return needs_human(
        text,
        url=exchange.request.url,
        status=exchange.status,
        page=page,
        shown=_shown(exchange.response),
    )


def no_answer(exchange: Exchange) -> Note:
    """A note for an exchange that failed, by the host and how."""
    url, failure = exchange.request.url, exchange.failure
    name = _host(url)
    if failure is not None and failure.kind is FailureKind.BLOCKED:
        return needs_human(f"the sign-in leaves for {name}, which needs a person", url=url)
    kind = failure.kind.value if failure else FailureKind.OTHER.value
    why = clean(failure.text, _SHOWN_LINE) if failure else ""
    return Note(
        step=exchange.step,
        kind=NoteKind.DECISION,
        text=f"{name} did not answer the sign-in: {kind}" + (f" ({why})" if why else ""),
        data={"login_failure": kind, "host": name},
    )


def answered_error(exchange: Exchange, page: Page | None) -> Note:
    """A note for an error page, by its status and what it says first."""
    status = exchange.status
    if page is not None:
        shown, first = page.text, page.title or next(iter(page.lines), "")
    else:
        shown, first = _shown(exchange.response), _first_line(exchange.response)
    said = f": {clean(first, _SHOWN_LINE)}" if first else ""
    return Note(
        step=exchange.step,
        kind=NoteKind.DECISION,
        text=f"the sign-in answered {status}{said}",
        data={
            "login_error": status,
            "title": page.title if page else "",
            "text": clean(shown, _SHOWN_TEXT),
            "url": clean(exchange.request.url, 2000),
        },
    )


def circles(hops: Sequence[Exchange]) -> Note:
    """A note for a chain of redirects that was given up."""
    last = hops[-1]
    path = [_without_query(hop.request.url) for hop in hops]
    shortest = next((n for n in range(1, 6) if path[-n:] == path[-2 * n : -n]), 0)
    if shortest:
        around = " → ".join([*path[-shortest:], path[-shortest]])
        text = f"the sign-in redirects in a circle: {around}"
    else:
        text = f"the sign-in redirects more than {len(hops) - 1} times, last from {path[-1]}"
    return Note(
        step=last.step,
        kind=NoteKind.DECISION,
        text=clean(text, 800),
        data={"login_error": last.status, "redirects": len(hops)},
    )


def why_no_page(response: Response) -> str:
    """Why a person is needed after an answer that is no HTML page."""
    if response.encoding_error:
        return "the sign-in answered with a body that cannot be decoded"
    address = _address_in_json(response)
    if address:
        return (
            f"the sign-in answered {response.status} with JSON that names {address}: "
            "a browser stays on the page unless its script goes there"
        )
    kind = clean(response.media_type, 80)
    what = f"{kind}, which is no page" if kind and response.body else "no page"
    return f"the sign-in answered {response.status} with {what}"


def _address_in_json(response: Response) -> str | None:
    """The key and address, without its query, of a redirect that is JSON and no redirect."""
    for key, value in (response.json_object or {}).items():
        known = _plain(key) in map(_plain, _KEYS_OF_ADDRESSES)
        if known and isinstance(value, str) and is_http_url(value):
            return clean(f"{key} {_without_query(value)}", _SHOWN_LINE)
    return None


def _plain(key: str) -> str:
    return key.replace("-", "").replace("_", "").lower()


def _shown(response: Response | None) -> str:
    """The text of a body that is no HTML; nothing of one that holds a redirect with its code."""
    if response is None or response.encoding_error or _address_in_json(response):
        return ""
    if response.media_type == "text/html" or not response.media_type.startswith(_TEXTUAL):
        return ""
    return response.body[:LARGEST_PAGE].decode("utf-8", errors="replace")


def _first_line(response: Response | None) -> str:
    error = response.json_object if response else None
    if error is not None:
        keys = ("error", "error_description", "message", "detail", "title")
        values = [value for key in keys if isinstance(value := error.get(key), str)]
        return ": ".join(values[:2])
    return next((line for line in _shown(response).splitlines() if line.strip()), "")


def _without_query(url: str) -> str:
    return urlsplit(url)._replace(query="", fragment="").geturl()


def _host(url: str) -> str:
    try:
        return host(url)
    except UrlError:
        return "the host"
