"""The sign-in as a browser went through it: page loads, what pages say, and refusals."""

import html
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from harness.diagnosis.reading import is_html
from harness.model.trace import Exchange, Json, Purpose, Response, Step, Trace
from harness.model.wellknown import UrlError, host, query

_SIGN_IN = (Purpose.AUTHORIZE, Purpose.PAGE, Purpose.CALLBACK)
_LONGEST_PAGE = 128 * 1024
_TAG = re.compile(r"(<[^<>]*>)")
_FORM = re.compile(r"<form\b[^<>]*>", re.IGNORECASE)
_INTERNAL_NAMES = (".local", ".internal", ".lan", ".localdomain", ".localhost")


@dataclass(frozen=True)
class Load:
    """One page load: the request and those its redirects led to, the last answer last."""

    hops: tuple[Exchange, ...]
    page: Exchange | None = None
    """The page whose form or link began it; None for the one that Claude began."""

    @property
    def last(self) -> Exchange:
        return self.hops[-1]


@dataclass(frozen=True)
class Refusal:
    """Where an authorization request was turned down, the error code, and the words to it."""

    exchange: Exchange
    error: str
    said: str


def loads(trace: Trace) -> tuple[Load, ...]:
    """Every page load of every sign-in, in order."""
    found: list[Load] = []
    for exchange in trace.exchanges:
        if exchange.purpose not in _SIGN_IN or exchange.exploration:
            continue
        if exchange.purpose is Purpose.AUTHORIZE or not found:
            found.append(Load((exchange,)))
        elif _redirects(found[-1].last):
            found[-1] = Load((*found[-1].hops, exchange), found[-1].page)
        else:
            found.append(Load((exchange,), found[-1].last))
    return tuple(found)


def sign_in(trace: Trace) -> tuple[Load, ...]:
    """The page loads of the latest sign-in, empty when there was none."""
    every = loads(trace)
    starts = [at for at, one in enumerate(every) if one.hops[0].purpose is Purpose.AUTHORIZE]
    return every[starts[-1] :] if starts else ()


def authorization_request(trace: Trace) -> Exchange | None:
    """The authorization request of the latest sign-in."""
    found = sign_in(trace)
    return found[0].hops[0] if found else None


def callback(trace: Trace) -> Exchange | None:
    """The request to Claude's redirect URI that the latest sign-in ended with."""
    found = sign_in(trace)
    last = found[-1].last if found else None
    return last if last is not None and last.step is Step.CALLBACK else None


def end_of_sign_in(trace: Trace) -> Load | None:
    """The page load where the latest sign-in ended without reaching the callback."""
    found = sign_in(trace)
    return found[-1] if found and found[-1].last.step is not Step.CALLBACK else None


def parameters(exchange: Exchange) -> dict[str, str]:
    """The query parameters of a request."""
    return query(exchange.request.url)


def asked_scopes(trace: Trace) -> tuple[str, ...]:
    """The scopes of the latest authorization request."""
    asked = authorization_request(trace)
    return tuple(parameters(asked).get("scope", "").split()) if asked else ()


def refusal(trace: Trace) -> Refusal | None:
    """How the latest authorization request was turned down: at the callback, or on a page."""
    found = sign_in(trace)
    if not found:
        return None
    last = found[-1].last
    if last.step is not Step.CALLBACK:
        return answered_refusal(last)
    values = parameters(last)
    if last.request.method != "GET" or values.get("code") or not values.get("error"):
        return None
    return Refusal(last, values["error"], values.get("error_description", ""))


def answered_refusal(exchange: Exchange) -> Refusal | None:
    """The refusal that an answer is: an error page, error JSON, or a redirect with an error."""
    response = exchange.response
    if response is None:
        return None
    location = query(response.header("location") or "") if response.is_redirect else {}
    own = parameters(exchange)
    document = response.json_object or {}
    for values in (location, document, own):
        error, said = values.get("error"), values.get("error_description")
        if isinstance(error, str) and error:
            text = said if isinstance(said, str) and said else page_text(response)
            return Refusal(exchange, error, text)
    return Refusal(exchange, "", page_text(response)) if response.status >= 400 else None


def page_text(response: Response) -> str:
    """What a page says, without its markup; the body itself when it is no HTML."""
    text = response.text[:_LONGEST_PAGE]
    if not is_html(response):
        return text
    pieces: list[str] = []
    skipped = ""
    for token in _TAG.split(text):
        name = _tag_name(token)
        if skipped:
            skipped = "" if name == f"/{skipped}" else skipped
        elif name in ("script", "style"):
            skipped = name
        else:
            pieces.append(" " if name else token)
    return " ".join(html.unescape("".join(pieces)).split())


def posts_to(response: Response, url: str) -> str | None:
    """The form tag of a page that posts to a URL, None when no form does."""
    wanted = url.partition("?")[0]
    for found in _FORM.findall(response.text[:_LONGEST_PAGE]) if is_html(response) else ():
        tag = html.unescape(found)
        if wanted in tag and re.search(r"method\s*=\s*[\"']?post", tag, re.IGNORECASE):
            return tag
    return None


def way_back_as_json(trace: Trace) -> tuple[Exchange, str] | None:
    """The JSON answer where the sign-in ended although it holds the way back, and the member."""
    asked, end = authorization_request(trace), end_of_sign_in(trace)
    response = end.last.response if end else None
    if asked is None or end is None or response is None or response.status != 200:
        return None
    wanted = parameters(asked).get("redirect_uri")
    for member, value in _strings(response.json, "", 4):
        if wanted and value.partition("?")[0] == wanted and "=" in value:
            return end.last, member
    return None


def internal_redirect(trace: Trace) -> Exchange | None:
    """A redirect of the latest sign-in from a public host to one that only exists inside."""
    asked = authorization_request(trace)
    back = parameters(asked).get("redirect_uri", "") if asked else ""
    for hop in (hop for load in sign_in(trace) for hop in load.hops):
        if not _redirects(hop) or hop.response is None:
            continue
        try:
            target = urljoin(hop.request.url, hop.response.header("location") or "")
            inside = is_internal(host(target)) and not is_internal(host(hop.request.url))
        except (UrlError, ValueError):
            continue
        if inside and not (back and target.startswith(back)):
            return hop
    return None


def is_internal(name: str) -> bool:
    """True for a private address, and for a name that no public DNS knows."""
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return "." not in name or name.endswith(_INTERNAL_NAMES)


def _redirects(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.is_redirect


def _tag_name(token: str) -> str:
    """The lower-case name of a tag, with the slash of an end tag; empty for text."""
    if not (token.startswith("<") and token.endswith(">")):
        return ""
    return (re.split(r"[\s>]", token[1:], maxsplit=1)[0] or "!").lower()


def _strings(value: Json, member: str, depth: int) -> Iterator[tuple[str, str]]:
    """The strings in a JSON value with the dotted names of their members."""
    if isinstance(value, str):
        yield member, value
    elif isinstance(value, dict) and depth:
        for name, inner in value.items():
            yield from _strings(inner, f"{member}.{name}".lstrip("."), depth - 1)
