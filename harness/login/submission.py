"""A filled form as the request a browser would send for it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus, urlsplit, urlunsplit

from harness.login.elements import Control, Form
from harness.login.forms import Entry

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
PLAIN = "text/plain"


@dataclass(frozen=True, kw_only=True)
class Submission:
    """Where a form goes and what it carries; `content_type` is None for a GET.

    `action` is empty when the form goes back to the address of its page.
    """

    method: str
    action: str
    entries: tuple[Entry, ...]
    content_type: str | None = None
    body: bytes = b""

    def target(self, url: str, *, encoding: str) -> str:
        """The resolved action with, for a GET, the entries in place of its query."""
        if self.method == "POST":
            return url
        query = _urlencoded(self.entries, encoding).decode("ascii")
        return urlunsplit(urlsplit(url)._replace(query=query, fragment=""))


def submission(
    form: Form, *, button: Control | None, entries: Sequence[Entry], encoding: str
) -> Submission:
    """A form pressed by a button, whose own action, method and encoding come first."""
    action, method, enctype = form.action, form.method, form.encoding
    if button is not None:
        action = button.form_action or action
        method = (button.form_method if button.form_method is not None else method).strip().lower()
        enctype = button.form_encoding if button.form_encoding is not None else enctype
    if method != "post":
        return Submission(method="GET", action=action.strip(), entries=tuple(entries))
    content_type, body = _body(entries, enctype.strip().lower(), encoding)
    return Submission(
        method="POST",
        action=action.strip(),
        entries=tuple(entries),
        content_type=content_type,
        body=body,
    )


def _body(entries: Sequence[Entry], enctype: str, encoding: str) -> tuple[str, bytes]:
    match enctype:
        case "multipart/form-data":
            return _multipart(entries, encoding)
        case "text/plain":
            lines = (f"{_lines(name)}={_lines(value)}\r\n" for name, value, _ in entries)
            return PLAIN, _bytes("".join(lines), encoding)
        case _:
            # Anything else means the default (HTML, form submission attributes).
            return URLENCODED, _urlencoded(entries, encoding)


def _lines(text: str) -> str:
    """A value with its line ends as CRLF (HTML, converting an entry list)."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def _urlencoded(entries: Sequence[Entry], encoding: str) -> bytes:
    """The application/x-www-form-urlencoded serialiser of the URL standard, section 5.2."""
    pairs = (
        f"{_percent(_lines(name), encoding)}={_percent(_lines(value), encoding)}"
        for name, value, _ in entries
    )
    return "&".join(pairs).encode("ascii")


def _percent(text: str, encoding: str) -> str:
    raw = _bytes(text, encoding)
    return quote_plus(raw, safe="*").replace("~", "%7E")


def _bytes(text: str, encoding: str) -> bytes:
    # Lone surrogates can be encoded in nothing; a browser sends the replacement character.
    whole = text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
    return whole.encode(encoding, errors="xmlcharrefreplace")


def _multipart(entries: Sequence[Entry], encoding: str) -> tuple[str, bytes]:
    """A multipart body (RFC 7578); the boundary comes from the content, so it never varies."""
    parts = [_part(entry, encoding) for entry in entries]
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()
    boundary = f"----WebKitFormBoundary{digest[:16]}"
    head = f"--{boundary}\r\n".encode("ascii")
    body = b"".join(head + part + b"\r\n" for part in parts)
    return f"{MULTIPART}; boundary={boundary}", body + f"--{boundary}--\r\n".encode("ascii")


def _part(entry: Entry, encoding: str) -> bytes:
    disposition = b'Content-Disposition: form-data; name="' + _quoted(entry.name, encoding) + b'"'
    if entry.is_file:
        disposition += b'; filename=""\r\nContent-Type: application/octet-stream'
    return disposition + b"\r\n\r\n" + _bytes(_lines(entry.value), encoding)


def _quoted(name: str, encoding: str) -> bytes:
    escaped = _lines(name).replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    return _bytes(escaped, encoding)
