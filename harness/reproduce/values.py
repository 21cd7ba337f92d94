"""Live values for the placeholders of a recording, and the way back."""

import html
import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from harness.recording.known import PLACEHOLDER, WRITTEN_PLACEHOLDER

_SEEN_ANYWHERE = 8
"""Characters from which on a value is recognised inside any text."""
_PERCENTS = re.compile(r"%((?:25)*)3c", re.IGNORECASE)
_BACKSLASHES = re.compile(r"\\+(?:u003[cC]|u003[eE])?")

type Encode = Callable[[str], str]


class Values:
    """The live value of each placeholder: stable, and recognised when it comes back.

    `make` gives a fresh one. What the client made up itself is bound to what it sends.
    """

    def __init__(self, make: Callable[[str], str]) -> None:
        self._make = make
        self._live: dict[str, str] = {}
        self._recorded: dict[str, str] = {}

    def bind(self, recorded: str, live: str) -> None:
        """Let a live value stand for a recorded one from now on."""
        if recorded and live and recorded != live:
            self._live[recorded] = live
            self._recorded[live] = recorded

    def live(self, placeholder: str) -> str:
        if placeholder not in self._live:
            self.bind(placeholder, self._make(placeholder))
        return self._live[placeholder]

    def filled(self, text: str) -> str:
        """The text with live values for its placeholders, each encoded as the placeholder was."""
        return WRITTEN_PLACEHOLDER.sub(self._written, text)

    def recorded(self, text: str, encode: Encode = str) -> str:
        """The text of a client with placeholders for what it was given, or gave itself before."""
        for live, placeholder in sorted(self._recorded.items(), key=lambda one: -len(one[0])):
            if len(live) < _SEEN_ANYWHERE:
                continue
            for form in dict.fromkeys((live, quote(live, safe=""))):
                text = text.replace(form, encode(placeholder))
        return text

    def _written(self, match: re.Match[str]) -> str:
        found = match[0]
        placeholder = plain(found)
        if placeholder is None:
            return found
        value = self.live(placeholder)
        percents = _PERCENTS.match(found)
        for _ in range(len(percents[1]) // 2 + 1 if percents else 0):
            value = quote(value, safe="")
        return html.escape(value) if found.startswith("&") else value


def percent(text: str) -> str:
    return quote(text, safe="")


def plain(written: str) -> str | None:
    """A placeholder as it is, whatever encoded it; None when it is none."""
    text = written
    for _ in range(5):
        if PLACEHOLDER.fullmatch(text):
            return text
        text = html.unescape(unquote(text)).replace("+", " ")
        text = _BACKSLASHES.sub(_unescaped, text)
    return None


def placeholders(text: str) -> set[str]:
    """Every placeholder of a text, in whatever form it is written."""
    found = (plain(match[0]) for match in WRITTEN_PLACEHOLDER.finditer(text))
    return {one for one in found if one is not None}


def _unescaped(match: re.Match[str]) -> str:
    code = match[0].lower()
    return "<" if code.endswith("c") else ">" if code.endswith("e") else ""
