"""Takes the secrets out of what leaves the process: files, reports, the clipboard."""

import base64
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import unquote_plus

from harness.model.trace import (
    Exchange,
    Headers,
    Json,
    Message,
    Note,
    Purpose,
    Step,
    TokenFacts,
)
from harness.recording.known import WRITTEN_PLACEHOLDER, Known
from harness.recording.rewrite import Rewriter, as_is, percent
from harness.recording.secret_names import header_kind

BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of a body that a recording keeps: no less than the proxy does, else a verdict changes."""
_WINDOW = BODY_LIMIT + 64 * 1024
"""Characters looked at: more than are kept, so that no secret is halved by the cut."""

_SIGN_IN_STEPS = (Step.AUTHORIZE, Step.LOGIN, Step.CALLBACK)
_SIGN_IN_PURPOSES = (Purpose.AUTHORIZE, Purpose.PAGE, Purpose.CALLBACK)
_NESTING = 50
_SCHEME = re.compile(
    r"\s*+(?:(?:bearer|basic|dpop|token|negotiate|digest|apikey|api-key)\s++)++"
    r"|\s*+[A-Za-z][\w\-]*+\s++",
    re.IGNORECASE,
)
_BARE_SCHEMES = {"bearer", "basic", "dpop", "token", "negotiate", "digest", "apikey", "api-key"}
_COOKIE_SEPARATOR = re.compile(r"(;|,(?=\s*[^;,=\s]+=))")
_COOKIE_ATTRIBUTES = {
    "comment",
    "domain",
    "expires",
    "max-age",
    "path",
    "priority",
    "samesite",
    "version",
}
_FORM = re.compile(r"[\w.+%\[\]\-]{1,200}=[^\s<>{}\"]*")
_BOUNDARY = re.compile(r"boundary=\"?([^\";,\s]{1,200})", re.IGNORECASE)
_CUT = re.compile(rb"<cut:1 ([0-9]{1,12})>\Z")


class Redactor:
    """Replaces secrets by typed, numbered placeholders, the same value always by the same one.

    What was once recognised as a secret is replaced wherever it appears later, so messages have
    to pass in the order in which they happened. `secret_headers` names further headers whose
    values are secrets.
    """

    def __init__(self, *, secret_headers: Iterable[str] = ()) -> None:
        self._known = Known()
        self._rewriter = Rewriter(self._known)
        self._secret_headers = {name.lower() for name in secret_headers}

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without its secrets; long bodies are cut and end in a marker."""
        return self._settled(exchange, self._exchange)

    def note(self, note: Note) -> Note:
        return self._settled(note, self._note)

    def text(self, text: str) -> str:
        """Free text without known secrets, JWTs, and values labelled as secrets."""
        return self._settled(text, self._rewriter.text)

    def url(self, url: str) -> str:
        return self._settled(url, self._rewriter.url)

    def _settled[T](self, value: T, redacted: Callable[[T], T]) -> T:
        # A secret can stand in a message before the place that gives it away.
        size = len(self._known)
        result = redacted(value)
        return result if len(self._known) == size else redacted(value)

    def _exchange(self, exchange: Exchange) -> Exchange:
        step = exchange.step
        sign_in = step in _SIGN_IN_STEPS or exchange.purpose in _SIGN_IN_PURPOSES
        request = replace(
            exchange.request,
            url=self._rewriter.url(exchange.request.url, tickets=sign_in),
            headers=self._headers(exchange.request.headers, step, tickets=sign_in),
            body=self._body(exchange.request, every=sign_in, page=False),
        )
        response = exchange.response
        if response is not None:
            response = replace(
                response,
                headers=self._headers(response.headers, step, tickets=sign_in),
                body=self._body(response, every=False, page=sign_in),
                reason=self._rewriter.text(response.reason),
                encoding_error=self._rewriter.text(response.encoding_error)
                if response.encoding_error
                else response.encoding_error,
            )
        failure = exchange.failure
        if failure is not None:
            failure = replace(failure, text=self._rewriter.text(failure.text))
        token = exchange.token
        if token is not None:
            token = self._token(token)
        return replace(exchange, request=request, response=response, failure=failure, token=token)

    def _note(self, note: Note) -> Note:
        return replace(note, text=self._rewriter.text(note.text), data=self._members(note.data))

    def _token(self, token: TokenFacts) -> TokenFacts:
        return replace(
            token, header=self._members(token.header), claims=self._members(token.claims)
        )

    def _members(self, data: Mapping[str, Json], depth: int = 0) -> dict[str, Json]:
        return {
            self._rewriter.text(name): self._value(name, value, depth)
            for name, value in data.items()
        }

    def _value(self, name: str, value: Json, depth: int) -> Json:
        if depth > _NESTING:
            return "[nested too deep to record]"
        match value:
            case str():
                return self._rewriter.labelled(name, value) or self._rewriter.text(value)
            case float() if not math.isfinite(value):
                return str(value)  # JSON has no word for it
            case list() | tuple():
                return [self._value(name, one, depth + 1) for one in value]
            case dict():
                return self._members(value, depth + 1)
        return value

    def _headers(self, headers: Headers, step: Step, *, tickets: bool) -> Headers:
        return tuple(
            (name, self._header(name, value, step, tickets=tickets)) for name, value in headers
        )

    def _header(self, name: str, value: str, step: Step, *, tickets: bool) -> str:
        match name.lower():
            case "content-length":
                return value
            case "authorization" | "proxy-authorization":
                return self._credentials(value, step)
            case "cookie":
                return self._cookies(value, attributes=False)
            case "set-cookie":
                return self._cookies(value, attributes=True)
            case "location" | "content-location" | "referer":
                return self._rewriter.url(value, tickets=tickets)
            case "refresh":
                return self._rewriter.refresh(value)
            case lower if lower in self._secret_headers:
                return self._credentials(value, step, kind=header_kind(lower) or "header")
        kind = header_kind(name)
        return self._rewriter.secret(kind, value.strip()) or self._rewriter.text(value)

    def _credentials(self, value: str, step: Step, *, kind: str = "access_token") -> str:
        """Scheme and credentials (RFC 9110 section 11.4); the scheme stays, also when repeated."""
        match = _SCHEME.match(value)
        scheme, rest = (match.group(), value[match.end() :]) if match else ("", value)
        core = rest.strip().strip("\"'")
        if not core or core.lower() in _BARE_SCHEMES or WRITTEN_PLACEHOLDER.search(core):
            return self._rewriter.text(value)
        words = scheme.lower().split()
        if words and words[-1] == "basic":
            return scheme + rest.replace(core, self._basic(core, step), 1)
        if kind == "access_token" and (not words or words[-1] not in ("bearer", "dpop")):
            kind = "credential"
        return scheme + rest.replace(core, self._known.place(kind, core), 1)

    def _basic(self, core: str, step: Step) -> str:
        """Basic credentials (RFC 7617), encoded again so that readers find the user name."""
        try:
            pair = base64.b64decode(core + "=" * (-len(core) % 4), validate=True).decode()
        except ValueError:
            pair = ""
        user, colon, secret = pair.partition(":")
        if not colon:
            return self._known.place("credential", core)
        at_token = step in (Step.TOKEN, Step.REFRESH, Step.STEP_UP, Step.REGISTRATION)
        if not secret or WRITTEN_PLACEHOLDER.search(unquote_plus(secret)):
            if at_token or not user or secret or WRITTEN_PLACEHOLDER.search(unquote_plus(user)):
                return core
            # Without a password the user name is the key.
            user = percent(self._known.place("credential", unquote_plus(user)))
        else:
            # RFC 6749 section 2.3.1 percent-encodes both halves, but many clients do not.
            plain = secret if secret in self._known else unquote_plus(secret)
            kind = "client_secret" if at_token else "password"
            placeholder = self._known.place(kind, plain)
            self._known.alias(secret, placeholder)
            secret = percent(placeholder)
        self._known.place("basic", core)
        return base64.b64encode(f"{user}{colon}{secret}".encode()).decode()

    def _cookies(self, value: str, *, attributes: bool) -> str:
        pieces = _COOKIE_SEPARATOR.split(value)
        return "".join(
            piece if piece in ";," else self._cookie(piece, attributes=attributes and at > 0)
            for at, piece in enumerate(pieces)
        )

    def _cookie(self, piece: str, *, attributes: bool) -> str:
        name, equals, raw = piece.partition("=")
        core = raw.strip().strip('"')
        if not core or (attributes and name.strip().lower() in _COOKIE_ATTRIBUTES):
            return self._rewriter.text(piece)
        placeholder = self._known.place("cookie", core)
        if (plain := unquote_plus(core)) != core:
            self._known.alias(plain, placeholder)
        return name + equals + raw.replace(core, placeholder, 1)

    def _body(self, message: Message, *, every: bool, page: bool) -> bytes:
        if not message.body:
            return message.body
        size = len(message.body)
        for text, encoding in _readings(message.body):
            seen = text[:_WINDOW]
            new = self._content(seen, message, every=every, page=page)
            if encoding is not None and (new != seen or encoding == "utf-8"):
                body = new.encode(encoding)
                return body if _is_short(text, body) else _cut(body, size, encoding)
            if new != seen:
                return f"<binary:1 {size}>".encode()
        return message.body if size <= BODY_LIMIT else _cut(message.body, size, "latin-1")

    def _content(self, text: str, message: Message, *, every: bool, page: bool) -> str:
        """A body rewritten by what it is, which is not always what its type says."""
        media = message.media_type
        start = text.lstrip("\ufeff \t\r\n")[:1]
        if media.startswith("multipart/"):
            boundary = _BOUNDARY.search(message.header("content-type") or "")
            if boundary:
                return self._rewriter.multipart(text, boundary[1], every=every)
        if start == "<":
            return self._rewriter.html(text, every=every or page)
        if start in ("{", "[") or "json" in media or media == "text/event-stream":
            return self._rewriter.json(text, every=every)
        if "html" in media:
            return self._rewriter.html(text, every=every or page)
        if media == "application/x-www-form-urlencoded" or _FORM.fullmatch(text):
            return self._rewriter.pairs(text, every=every)
        return self._rewriter.text(text, encode=as_is)


def cut_size(body: bytes) -> int | None:
    """The size that a body had before the recording cut it, None when it is whole."""
    match = _CUT.search(body[-40:])
    return int(match[1]) if match else None


def _readings(body: bytes) -> Iterator[tuple[str, str | None]]:
    """The body as text with its encoding: as Unicode says, else as bytes that may hold text."""
    encoding: str = json.detect_encoding(body)
    if encoding.startswith("utf-8"):
        encoding = "utf-8"
    elif encoding in ("utf-16", "utf-32"):
        # The codecs without a byte order drop the mark, which has to come back.
        encoding += "-le" if body.startswith(b"\xff\xfe") else "-be"
    try:
        yield body.decode(encoding), encoding
    except ValueError:
        encoding = "none"
    if encoding != "utf-8":
        yield body.decode("utf-8", "surrogateescape"), None


def _is_short(text: str, body: bytes) -> bool:
    return len(text) <= _WINDOW and len(body) <= BODY_LIMIT


def _cut(body: bytes, size: int, encoding: str) -> bytes:
    end = BODY_LIMIT - 64
    text = body[: end + 200].decode(encoding, "ignore")
    kept = body[:end].decode(encoding, "ignore")
    for match in WRITTEN_PLACEHOLDER.finditer(text, max(0, len(kept) - 200)):
        if match.start() < len(kept) < match.end():
            kept = kept[: match.start()]
    return kept.encode(encoding, "ignore") + f"<cut:1 {size}>".encode(encoding)
