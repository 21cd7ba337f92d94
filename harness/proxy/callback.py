"""The answers at Claude's redirect URI, given by the proxy so that no code leaves the machine."""

import json
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from harness.model.answer import Answer
from harness.model.verdict import Shows
from harness.proxy.origin import normal_host, parse_origin

CLAUDE_CALLBACK = "https://claude.ai/api/mcp/auth_callback"

CLAUDE_HOSTS = ("claude.ai", "claude.com")
"""Nothing is ever sent to these hosts or to hosts below them."""

_PAGE = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Signed in</title>
<p>You can close this tab. The connection check goes on by itself.</p>
</html>
"""


@dataclass
class Callback:
    """Answers requests for the redirect URI in use; the URI may change between exchanges."""

    redirect_uri: str = CLAUDE_CALLBACK

    def answer(self, method: str, url: str) -> Answer | None:
        """The answer to a request, or None when it is for somebody else.

        Every address of Claude is answered, also those that are not the redirect URI.
        """
        if _same_page(url, self.redirect_uri):
            return answer_callback(method, urlsplit(url).query)
        if belongs_to_claude(parse_origin(url).host):
            return _text(404, "This address of Claude is not contacted by the harness.\n")
        return None


def answer_callback(method: str, query: str) -> Answer:
    """What Claude's callback answers: only GET, only with a code and a state."""
    if method != "GET":
        return Answer(405, _json_headers(("Allow", "GET")), Shows.METHOD_NOT_ALLOWED.encode())
    try:
        given = parse_qs(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        given = {}
    for name, shows in (("code", Shows.CODE_REQUIRED), ("state", Shows.STATE_REQUIRED)):
        if name not in given:
            return Answer(422, _json_headers(), _error(shows))
    return Answer(200, _page_headers(), _PAGE)


def belongs_to_claude(host: str) -> bool:
    """True for Claude's own hosts, in any spelling."""
    name = normal_host(host)
    return any(name == own or name.endswith(f".{own}") for own in CLAUDE_HOSTS)


def _same_page(url: str, redirect_uri: str) -> bool:
    return (
        parse_origin(url) == parse_origin(redirect_uri)
        and (urlsplit(url).path or "/") == (urlsplit(redirect_uri).path or "/")
    )  # fmt: skip


def _error(message: str) -> bytes:
    error = {"type": "invalid_request_error", "message": message}
    return json.dumps({"type": "error", "error": error}).encode()


def _json_headers(*more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", "application/json"), ("Cache-Control", "no-store"), *more)


def _page_headers() -> tuple[tuple[str, str], ...]:
    return (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("Content-Security-Policy", "default-src 'none'"),
    )


def _text(status: int, text: str) -> Answer:
    return Answer(status, (("Content-Type", "text/plain; charset=utf-8"),), text.encode())
