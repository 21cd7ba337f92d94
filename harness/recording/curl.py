"""One request as a curl command that a shell takes literally, whatever the request holds."""

import base64
import re
import shlex
from collections.abc import Iterator
from urllib.parse import quote

from harness.model.trace import Exchange, Request
from harness.recording.known import WRITTEN_PLACEHOLDER

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OWN = ("accept", "content-type", "user-agent")
"""Headers that curl adds by itself unless it is told not to."""
_LEFT_TO_CURL = ("content-length", "transfer-encoding", "connection", "expect")
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~-._{}|"


def curl_command(exchange: Exchange) -> str:
    """The command with a comment before it, ending in a newline."""
    request = exchange.request
    how = ("--head",) if request.method == "HEAD" else ("--request", _line(request.method))
    parts = [("curl", "--globoff"), how, ("--url", _url(request.url)), *_headers(request)]
    if request.header("accept-encoding"):
        parts.append(("--compressed",))
    before = ""
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        body = _argument(request.body)
        if body is None:
            encoded = base64.b64encode(request.body).decode()
            before = f"printf %s {shlex.quote(encoded)} | base64 -d | "
        parts.append(("--data-binary", "@-" if body is None else body))
    lines = [f"exchange {exchange.n}: {exchange.step}, {exchange.purpose}", *_said(request)]
    command = " \\\n  ".join(shlex.join(part) for part in parts)
    return "".join(f"# {line}\n" for line in lines) + f"{before}{command}\n"


def _headers(request: Request) -> Iterator[tuple[str, str]]:
    """The headers, and those that curl would add of its own switched off."""
    for name, value in request.headers:
        if (header := _header(name, value)) is not None:
            yield "--header", header
    for name in _OWN:
        if request.header(name) is None and (name != "content-type" or request.body):
            yield "--header", f"{name.title()}:"


def _header(name: str, value: str) -> str | None:
    """One header as curl takes it; None for what cannot be a line of its own, or is not ours."""
    if name.lower() in _LEFT_TO_CURL or not _NAME.fullmatch(name) or not value.isprintable():
        return None
    return f"{name}: {value}" if value.strip() else f"{name};"


def _url(url: str) -> str:
    return quote(url.encode("utf-8", "surrogatepass"), safe=_URL_SAFE)


def _line(text: str) -> str:
    return "".join(char for char in text if char.isprintable())


def _argument(body: bytes) -> str | None:
    """The body as a word of the command; None where it has to come through a pipe.

    curl reads a file for a value that begins with @, and a word holds neither NUL nor what is no
    text; control characters would act on the terminal that shows the command.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    plain = all(char.isprintable() or char in "\n\t" for char in text)
    return text if plain and not text.startswith("@") else None


def _said(request: Request) -> Iterator[str]:
    """Lines about what the command lacks."""
    if any(
        name.lower() not in _LEFT_TO_CURL and _header(name, value) is None
        for name, value in request.headers
    ):
        yield "left out: a header that no command line can carry"
    places = (request.url, request.text, *(value for _, value in request.headers))
    if any(WRITTEN_PLACEHOLDER.search(place) for place in places):
        yield "secrets are placeholders such as <access_token:1 843>: put your own in their place"
        yield "(inside a URL or a form they are percent-encoded, as in %3Ccode%3A1%2043%3E)"
