"""Which request follows a redirect, by the rules of httpx (RFC 9110 section 15.4)."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urldefrag, urljoin

from harness.client.events import Send
from harness.model.trace import Exchange
from harness.model.wellknown import UrlError, origin, split

_BODY_HEADERS = ("content-length", "content-type", "transfer-encoding")


def next_request(
    send: Send, exchange: Exchange, *, host_header: Callable[[str], str]
) -> Send | None:
    """The request a redirect leads to, or None when the response is no redirect to follow."""
    response = exchange.response
    if response is None or not response.is_redirect:
        return None
    try:
        url = urldefrag(urljoin(send.url, response.header("location") or "")).url
        split(url)
    except (UrlError, ValueError):
        return None
    method, body = send.method, send.body
    # 303 always becomes GET; 301 and 302 turn a POST into GET as browsers do.
    if (response.status == 303 and method != "HEAD") or (
        response.status in (301, 302) and method == "POST"
    ):
        method, body = "GET", b""
    headers = []
    for name, value in send.headers:
        lower = name.lower()
        if lower == "host":
            value = host_header(url)
        if lower == "authorization" and not _keeps_authorization(send.url, url):
            continue
        if lower in _BODY_HEADERS and method != send.method:
            continue
        headers.append((name, value))
    return replace(send, method=method, url=url, headers=tuple(headers), body=body)


def _keeps_authorization(before: str, after: str) -> bool:
    """Kept on the same origin, and on the upgrade of the same host from http to https."""
    if origin(before) == origin(after):
        return True
    old, new = split(before), split(after)
    return (
        old.hostname == new.hostname
        and (old.scheme, new.scheme) == ("http", "https")
        and (old.port or 80) == 80
        and (new.port or 443) == 443
    )
