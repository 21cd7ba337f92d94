"""Finds the secrets in URLs, forms, JSON, HTML and prose by where they stand."""

import html
import re
from collections.abc import Callable
from urllib.parse import quote, unquote, unquote_plus

from harness.recording.json_text import scalars
from harness.recording.known import PLACEHOLDER, WRITTEN_PLACEHOLDER, Encode, Known
from harness.recording.secret_names import (
    PUBLIC_PARAMETERS,
    canonical_name,
    field_kind,
    is_word,
    kind_of,
    labelled_kind,
)

_DEPTH = 3
"""How often text within text (a URL in a parameter, JSON in a string) is opened."""

_LABELLED = re.compile(
    rf"""(?P<keep>{WRITTEN_PLACEHOLDER.pattern})
    |(?P<url>(?i:https?)://(?:{PLACEHOLDER.pattern.replace(" ", "[ ]")}|[^\s"'<>\\])++)
    |(?<![\w.\-])(?P<name>[A-Za-z_][\w.\-]{{0,60}}+)=
        (?P<value>(?:{PLACEHOLDER.pattern.replace(" ", "[ ]")}|[^&\s"'<>;,\#\\()])++)
    |["'](?P<member>[\w.\-]{{1,60}}+)["']\s{{0,4}}:\s{{0,4}}
        ["'](?P<string>[^"'\\\s<>]{{1,8192}}+)["']
    """,
    re.VERBOSE,
)
_REFERENCE = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]{0,30}:|/)[^\s<>\"]*[?#][^\s<>\"]*")
_AUTHORITY = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.\-]*:)?//)([^/\\]*)")
_FORM_TAG = re.compile(
    r"<(?P<tag>input|meta)(?=[\s/])"
    r"""(?:[^>"']++|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+""",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"""(?<![\w:\-])(?P<name>[A-Za-z][\w:\-]*+)(?P<equals>\s*+=\s*+)"""
    r"""(?P<value>"[^"]*+"?|'[^']*+'?|[^\s"'>]++)"""
)
_LINK = re.compile(
    r"""(?<![\w\-])(?P<name>href|action|src)(?P<equals>\s{0,100}=\s{0,100})"""
    r"""(?P<value>"[^"]*+"|'[^']*+')""",
    re.IGNORECASE,
)
_REFRESH = re.compile(r"([^=]{0,100}?url\s{0,20}=\s{0,20}['\"]?)(.*)", re.IGNORECASE | re.DOTALL)
_PART_NAME = re.compile(r"[;\s]name=\"?([^\";\r\n]{1,200})", re.IGNORECASE)
_PLAIN_INPUTS = {"submit", "button", "image", "reset", "checkbox", "radio"}


_TICKET = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_~+=.-]{20,4096}")
"""What a generated value looks like: long, letters and digits, no address and no words."""


def as_is(placeholder: str) -> str:
    return placeholder


def percent(placeholder: str) -> str:
    return quote(placeholder, safe="")


class Rewriter:
    """Rewrites text with placeholders for secrets, which become known on the way."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def text(self, text: str, *, encode: Encode = as_is, depth: int = 0) -> str:
        """Prose, or anything of no known form."""
        return self._around(text, encode, lambda inner: self._labels(inner, encode, depth))

    def url(self, url: str, *, tickets: bool = False, depth: int = 0) -> str:
        """A URL or a reference, however broken; its host stays.

        With `tickets` a value that looks random is a secret whatever its name: the addresses of a
        sign-in carry its state under names of their own.
        """
        url = self._known.replace(url, percent, awkward=True)
        front, hash_mark, fragment = url.partition("#")
        base, mark, query = front.partition("?")
        route, route_mark, route_query = fragment.partition("?")
        if "=" in route and not route_mark:
            route, route_query = "", route
        return "".join(
            (
                self._base(base),
                mark,
                self.pairs(query, tickets=tickets, depth=depth),
                hash_mark,
                self._hidden(route, percent),
                route_mark,
                self.pairs(route_query, depth=depth),
            )
        )

    def refresh(self, value: str) -> str:
        """The value of a Refresh header or of its HTML twin."""
        match = _REFRESH.match(value)
        return match[1] + self.url(match[2]) if match else self.text(value)

    def pairs(
        self, query: str, *, every: bool = False, tickets: bool = False, depth: int = 0
    ) -> str:
        """A query string or a form; with `every` each value that is not public is a secret."""
        return self._around(
            query,
            percent,
            lambda inner: "&".join(
                self._pair(part, every=every, tickets=tickets, depth=depth)
                for part in inner.split("&")
            ),
        )

    def json(self, text: str, *, every: bool = False, depth: int = 0) -> str:
        """JSON, JSON lines or an event stream; broken and cut documents too, layout kept."""

        def value(name: str, text: str) -> str:
            if every:
                return self.secret(field_kind(name, text), text) or self.nested(text, depth)
            return self.labelled(name, text) or self.nested(text, depth)

        def number(name: str, digits: str) -> str:
            kind = labelled_kind(name, digits)
            return self.secret(kind, digits) or digits if kind in ("otp", "password") else digits

        return self._around(text, as_is, lambda inner: scalars(inner, value, number))

    def html(self, text: str, *, every: bool = False) -> str:
        """A page: the values of its inputs, and what any text may hold."""

        def inner(page: str) -> str:
            page = _FORM_TAG.sub(lambda match: self._form_tag(match, every=every), page)
            page = _LINK.sub(lambda match: _attribute(match, self.url), page)
            return self._labels(page, html.escape, 0)

        return self._around(text, html.escape, inner)

    def multipart(self, text: str, boundary: str, *, every: bool = False) -> str:
        """A multipart form (RFC 7578)."""
        mark = "--" + boundary
        parts = text.split(mark)
        return mark.join([parts[0], *(self._part(part, every=every) for part in parts[1:])])

    def secret(self, kind: str | None, value: str) -> str | None:
        """The placeholder of a value that is a secret by where it stands, None when it is none."""
        return self._known.place(kind, value) if kind and value else None

    def labelled(self, name: str, value: str) -> str | None:
        """The same for a member or label of a name, which may also be about a secret.

        `{"password": "is required"}` is hidden in its place, but its words stay elsewhere.
        """
        kind = labelled_kind(name, value)
        return self._known.place(kind, value, seek=not is_word(value)) if kind and value else None

    def nested(self, value: str, depth: int) -> str:
        """Text found within other text."""
        if depth >= _DEPTH:
            return value
        if value.lstrip()[:1] in ("{", "[") and '"' in value:
            return self.json(value, depth=depth + 1)
        if _REFERENCE.fullmatch(value):
            return self.url(value, depth=depth + 1)
        if "=" in value or "://" in value:
            return self.text(value, depth=depth + 1)
        return value

    def _around(self, text: str, encode: Encode, inner: Callable[[str], str]) -> str:
        """What every form shares: values are judged whole first, then known secrets go."""
        if not text:
            return text
        return self._hidden(inner(self._known.replace(text, encode, awkward=True)), encode)

    def _hidden(self, text: str, encode: Encode) -> str:
        return self._known.replace(self._known.jwts(text, encode), encode)

    def _labels(self, text: str, encode: Encode, depth: int) -> str:
        if depth > _DEPTH or ("=" not in text and ":" not in text):
            return text

        def label(match: re.Match[str]) -> str:
            found = match.group()
            if match["keep"]:
                return found
            if url := match["url"]:
                bare = url.rstrip(".,;:)]}!")
                return self.url(bare, depth=depth + 1) + url[len(bare) :]
            if match["name"]:
                value = unquote_plus(match["value"])
                placeholder = self.labelled(match["name"], value)
                return f"{match['name']}={percent(placeholder)}" if placeholder else found
            placeholder = self.labelled(match["member"], match["string"])
            return _put(match, "string", encode(placeholder)) if placeholder else found

        return _LABELLED.sub(label, text)

    def _base(self, base: str) -> str:
        match = _AUTHORITY.match(base)
        if match is None:
            return self._hidden(base, percent)
        user, at, host = match[2].rpartition("@")
        path = self._hidden(base[match.end() :], percent)
        self._known.publish(match[1] + host + path)
        return match[1] + self._userinfo(user) + at + host + path

    def _userinfo(self, userinfo: str) -> str:
        user, colon, password = userinfo.partition(":")
        kind = "user" if password else "password"
        return self._credential(kind, user) + colon + self._credential("password", password)

    def _credential(self, kind: str, value: str) -> str:
        placeholder = self.secret(kind, unquote(value))
        return percent(placeholder) if placeholder else value

    def _pair(self, part: str, *, every: bool, tickets: bool, depth: int) -> str:
        name, equals, raw = part.partition("=")
        if not raw:
            return part
        value = unquote_plus(raw)
        plain_name = unquote_plus(name)
        kind = field_kind(plain_name, value) if every else kind_of(plain_name)
        if kind is None and tickets and _TICKET.fullmatch(value):
            kind = field_kind(plain_name, value)
        if placeholder := self.secret(kind, value):
            if "\ufffd" in value:
                self._known.alias(raw, placeholder)
            return name + equals + percent(placeholder)
        if canonical_name(plain_name) in PUBLIC_PARAMETERS:
            self._known.publish(value)
        opened = self.nested(value, depth)
        return part if opened == value else name + equals + percent(opened)

    def _form_tag(self, match: re.Match[str], *, every: bool) -> str:
        tag = match.group()
        attributes: dict[str, str] = {}
        for one in _ATTRIBUTE.finditer(tag):
            attributes.setdefault(one["name"].lower(), html.unescape(one["value"].strip("\"'")))
        name = attributes.get("name", "")

        def value(text: str) -> str:
            a_field = every and attributes.get("type", "").lower() not in _PLAIN_INPUTS
            kind = field_kind(name, text) if a_field else kind_of(name)
            return self.secret(kind, text) or self.nested(text, 0)

        def content(text: str) -> str:
            if attributes.get("http-equiv", "").lower() == "refresh":
                return self.refresh(text)
            return self.secret(kind_of(name), text) or text

        wanted, rewritten = (
            ("value", value)
            if match["tag"].lower() == "input"
            else (
                "content",
                content,
            )
        )
        return _ATTRIBUTE.sub(
            lambda one: _attribute(one, rewritten) if one["name"].lower() == wanted else one[0],
            tag,
        )

    def _part(self, part: str, *, every: bool) -> str:
        head, blank, content = part.partition("\r\n\r\n")
        named = _PART_NAME.search(head)
        value = content.removesuffix("\r\n")
        if named and blank:
            kind = field_kind(named[1], value) if every else kind_of(named[1])
            if placeholder := self.secret(kind, value):
                return self.text(head) + blank + placeholder + content[len(value) :]
        return self.text(part)


def _attribute(match: re.Match[str], rewritten: Callable[[str], str]) -> str:
    raw = match["value"]
    mark = raw[0] if raw[0] in "\"'" else ""
    inner = raw.strip(mark) if mark else raw
    value = html.unescape(inner)
    new = rewritten(value)
    if new == value:
        return match.group()
    if not mark:
        # An unquoted value cannot hold the blank of a placeholder.
        return f'{match["name"]}{match["equals"]}"{html.escape(new)}"'
    return match["name"] + match["equals"] + mark + html.escape(new) + mark


def _put(match: re.Match[str], group: str, new: str) -> str:
    start = match.start()
    whole = match.group()
    return whole[: match.start(group) - start] + new + whole[match.end(group) - start :]
