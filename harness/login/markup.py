"""Turns hostile HTML into a bounded, flat list of tags and texts.

Every event knows what the open elements around it do to it, so that readers of the list need no
tree and no recursion.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import NamedTuple

from harness.login.text import LARGEST_PAGE

_DEEPEST = 256
_MOST_EVENTS = 50_000

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
    | {"source", "track", "wbr"}
)
_SILENT = frozenset(
    ("script", "style", "template", "title", "textarea", "select", "svg", "iframe", "object")
)
_INERT = frozenset(["template", "iframe", "noembed", "noframes"])
_RAW = frozenset(("title", "textarea"))
_ENDED_BY_ITSELF = frozenset(("p", "li", "dt", "dd", "tr", "td", "th", "option", "a", "button"))


class Context(NamedTuple):
    """What the open elements do to the things inside them."""

    silent: bool = False
    """Its text is not part of what the page says."""
    unseen: bool = False
    """Not displayed, by the `hidden` attribute or an inline style."""
    inert: bool = False
    """Not part of the document: the content of a template or frame."""
    disabled: bool = False
    alert: bool = False
    """Marked as an error or alert, by role or class."""
    fallback: bool = False
    """Only for clients without scripts."""
    drawing: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    tag: str
    attributes: dict[str, str]
    context: Context
    """Of its content, so its own attributes count."""

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")

    def has(self, name: str) -> bool:
        return name in self.attributes


@dataclass(frozen=True, slots=True)
class End:
    tag: str


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    context: Context


type Event = Start | End | Text


def events(markup: str) -> list[Event]:
    """The tags and texts of a page; never raises.

    At most 2 MiB are read and 50,000 events kept; nesting deeper than 256 has no context of its
    own.
    """
    reader = _Reader()
    # An unfinished tag or comment at the end is dropped, as browsers do: the parser's own `close`
    # would read it as text, in quadratic time.
    with suppress(_EnoughError):
        reader.feed(markup[:LARGEST_PAGE].replace("\0", "\ufffd") + "\n")
    return reader.found


class _EnoughError(Exception):
    """The page has more events than are kept."""


class _Reader(HTMLParser):
    """Keeps the stack of open elements and notes each event with its context."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Event] = []
        self._stack: list[tuple[str, Context]] = []
        self._open: Counter[str] = Counter()
        self._beyond = 0

    @property
    def _context(self) -> Context:
        return self._stack[-1][1] if self._stack else Context()

    @property
    def _raw(self) -> str | None:
        """The open element whose content is text even if it looks like tags."""
        tag = self._stack[-1][0] if self._stack else ""
        return tag if tag in _RAW else None

    def _note(self, event: Event) -> None:
        if len(self.found) >= _MOST_EVENTS:
            raise _EnoughError
        self.found.append(event)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._raw:
            self.handle_data(self.get_starttag_text() or "")
            return
        if tag in _ENDED_BY_ITSELF and self._stack and self._stack[-1][0] == tag:
            self.handle_endtag(tag)
        # Of repeated attributes the first counts (HTML, section 13.2.5.33).
        attributes = {name: value or "" for name, value in reversed(attrs)}
        context = _inside(self._context, tag, attributes)
        self._note(Start(tag, attributes, context))
        if tag in _VOID:
            return
        if len(self._stack) >= _DEEPEST:
            self._beyond += 1
            return
        self._stack.append((tag, context))
        self._open[tag] += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # HTML ignores the slash of <div/>; inside drawings it counts.
        self.handle_starttag(tag, attrs)
        if self._context.drawing and self._stack[-1][0] == tag:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._raw and tag != self._raw:
            self.handle_data(f"</{tag}>")
            return
        self._note(End(tag))
        if self._beyond:
            self._beyond -= 1
        elif self._open[tag]:
            self._close(tag)

    def _close(self, tag: str) -> None:
        while self._stack:
            closed, _ = self._stack.pop()
            self._open[closed] -= 1
            if closed == tag:
                return

    def handle_data(self, data: str) -> None:
        self._note(Text(data, self._context))

    def handle_comment(self, data: str) -> None:
        if self._raw:
            self.handle_data(f"<!--{data}-->")

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        # The parser stops at <![ followed by a word it does not know; HTML reads a comment.
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            return self.parse_bogus_comment(i)


def _inside(outer: Context, tag: str, attributes: dict[str, str]) -> Context:
    style = attributes.get("style", "").lower().replace(" ", "")
    return Context(
        silent=outer.silent or tag in _SILENT,
        unseen=outer.unseen
        or "hidden" in attributes
        or "display:none" in style
        or "visibility:hidden" in style,
        inert=outer.inert or tag in _INERT,
        disabled=outer.disabled or (tag == "fieldset" and "disabled" in attributes),
        alert=outer.alert or _is_alert(attributes),
        fallback=outer.fallback or tag == "noscript",
        drawing=outer.drawing or tag in ("svg", "math"),
    )


def _is_alert(attributes: dict[str, str]) -> bool:
    if attributes.get("role", "").lower() == "alert":
        return True
    classes = attributes.get("class", "").lower().replace("_", "-").split()
    return any(
        part in ("error", "errors", "alert", "danger", "invalid", "errorlist")
        for name in classes
        for part in name.split("-")
    )
