"""The secrets known so far, their placeholders, and their encoded forms in any text."""

import base64
import html.entities
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from harness.recording.secret_names import PROTOCOL_WORDS, is_word

type Encode = Callable[[str], str]
"""How a placeholder is written where it stands: as it is, percent-encoded or HTML-escaped."""

PLACEHOLDER = re.compile(r"<[a-z][a-z_]{0,31}:[0-9]{1,7}(?: jwt)? [0-9]{1,9}>")

_WEAK = frozenset({"cookie", "field", "user", "csrf"})
"""Kinds that also hold ordinary values, which must not vanish from the rest of the recording."""
_RUN = re.compile(r"[A-Za-z0-9]+")
_DOTTED_RUN = re.compile(r"[A-Za-z0-9_.\-]{10,}+")
_JWT = re.compile(r"eyJ[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]*){2,4}")
_DELIMITER = re.compile(r"[^A-Za-z0-9._~+/=%:@!$*|\-]")
_PATTERN_LENGTH = 1024
_MANY = 400
_LETTER_ESCAPES = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}


@lru_cache(4096)
def _any_form(char: str, count: int = 1) -> str:
    """A pattern for one character (or a run of backslashes) as URLs, JSON and HTML write it."""
    if char.isascii() and char.isalnum():
        return char
    point = ord(char)
    raw = re.escape(char)
    percent = "".join(f"%(?:25){{0,4}}{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
    units = char.encode("utf-16-be", "surrogatepass").hex()
    unicode = "".join(rf"\\*+u{units[at : at + 4]}" for at in range(0, len(units), 4))
    name = html.entities.codepoint2name.get(point, "apos" if char == "'" else "none")
    entity = rf"&(?:amp;){{0,4}}(?:\#0{{0,8}}{point};?|\#x0{{0,8}}{point:x};?|{name};)"
    if char == "\\":
        return rf"(?:\\{{{count},}}+|(?i:(?:{percent}|{unicode}|{entity}){{{count}}}))"
    forms = [rf"\\*+{raw}" if char in "\"'/" else raw, f"(?i:{percent}|{unicode}|{entity})"]
    if char in _LETTER_ESCAPES:
        forms.append(rf"\\*+{_LETTER_ESCAPES[char]}")
    if char == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(forms)})"


def _all_forms(text: str) -> str:
    # A run of backslashes is one possessive item: several open-ended ones in a row would make
    # matching explode on a body full of backslashes.
    runs = re.findall(r"\\+|[^\\]", text, re.DOTALL)
    return "".join(_any_form(run[0], len(run)) for run in runs)


_WRITTEN_PLACEHOLDER = (
    _any_form("<")
    + "[a-z][a-z_]{0,31}"
    + _any_form(":")
    + "[0-9]{1,7}(?:"
    + _any_form(" ")
    + "jwt)?"
    + _any_form(" ")
    + "[0-9]{1,9}"
    + _any_form(">")
)
WRITTEN_PLACEHOLDER = re.compile(_WRITTEN_PLACEHOLDER)
"""A placeholder in any of its encoded forms."""


@dataclass(frozen=True)
class _Needle:
    """A secret to look for; `anchor` is its longest part that no encoding changes."""

    length: int
    placeholder: str
    anchor: str
    pattern: str
    awkward: bool
    """True when the secret holds characters that end a value in URLs or prose."""


class Known:
    """The table of secrets: each value has one stable, numbered placeholder."""

    def __init__(self) -> None:
        self._placeholders: dict[str, str] = {}
        self._numbers: Counter[str] = Counter()
        self._needles: dict[str, _Needle] = {}
        self._patterns: dict[tuple[str, ...], re.Pattern[str]] = {}
        self._public: set[str] = set()

    def __len__(self) -> int:
        """Grows with everything that would change how a text is rewritten."""
        return len(self._placeholders) + len(self._needles)

    def __contains__(self, value: str) -> bool:
        return value in self._placeholders

    def place(self, kind: str, value: str, *, seek: bool = True) -> str:
        """The placeholder of a secret, which is known from now on; placeholders stay.

        Without `seek` the value is not looked for elsewhere, until a call with it.
        """
        if not value or WRITTEN_PLACEHOLDER.search(value):
            self._count(value)
            return value
        found = self._placeholders.get(value)
        if found is None:
            self._numbers[kind] += 1
            mark = " jwt" if _JWT.fullmatch(value) else ""
            found = f"<{kind}:{self._numbers[kind]}{mark} {len(value)}>"
            self._placeholders[value] = found
        if seek and value not in self._needles and self._worth_seeking(kind, value):
            self._seek(value, found, encoded_too=True)
        return found

    def alias(self, value: str, placeholder: str) -> None:
        """Another spelling of a known secret."""
        if len(value) >= 4 and PLACEHOLDER.fullmatch(placeholder):
            self._placeholders.setdefault(value, placeholder)
            self._seek(value, placeholder, encoded_too=False)

    def publish(self, value: str) -> None:
        """A value that is no secret; fields and cookies that repeat it are not looked for."""
        if 4 <= len(value) <= 2048 and len(self._public) < 1000:
            self._public.add(value)

    def replace(self, text: str, encode: Encode, *, awkward: bool = False) -> str:
        """The text with every known secret replaced, in whichever form it is written.

        With `awkward` only those that would be torn apart where the text is split into values.
        """
        present = self._present(text, awkward=awkward)
        if not present:
            return text
        if len(present) > _MANY:
            return encode(f"<text:1 {len(text)}>")
        present.sort(key=lambda needle: -needle.length)
        placeholders = [needle.placeholder for needle in present]

        def written(match: re.Match[str]) -> str:
            index = match.lastindex or 1
            if index == 1:
                return match.group()
            return encode(placeholders[index - 2])

        return self._pattern(present).sub(written, text)

    def jwts(self, text: str, encode: Encode) -> str:
        """The text with everything that looks like a JWT replaced, known or not."""
        if "eyJ" not in text:
            return text

        def written(match: re.Match[str]) -> str:
            run = match.group()
            if run in self._placeholders:
                return encode(self._placeholders[run])
            start = run.find("eyJ")
            if start < 0 or run.count(".", start) < 2:
                return run
            return run[:start] + encode(self.place("token", run[start:]))

        return _DOTTED_RUN.sub(written, text)

    def _count(self, text: str) -> None:
        """Count the placeholders already in a text, so that new ones do not take their numbers."""
        for match in PLACEHOLDER.finditer(text):
            kind, _, rest = match.group()[1:].partition(":")
            self._numbers[kind] = max(self._numbers[kind], int(rest.partition(" ")[0]))

    def _worth_seeking(self, kind: str, value: str) -> bool:
        if len(value) < (6 if value.isdigit() else 4) or value.lower() in PROTOCOL_WORDS:
            return False
        if kind not in _WEAK:
            return True
        if len(value) < 8 or is_word(value) or value.startswith(("http://", "https://", "/")):
            return False
        return not any(value in public for public in self._public)

    def _seek(self, value: str, placeholder: str, *, encoded_too: bool) -> None:
        pattern = _all_forms(value[:_PATTERN_LENGTH])
        if len(value) > _PATTERN_LENGTH:
            pattern += r"[^\s\"'<>&]*+"
        if len(value) < 8 or is_word(value):
            pattern = rf"(?<![A-Za-z0-9_]){pattern}(?![A-Za-z0-9_])"
        anchor = max(_RUN.findall(value[:_PATTERN_LENGTH]), key=len, default="")
        self._needles[value] = _Needle(
            length=len(value),
            placeholder=placeholder,
            anchor=anchor,
            pattern=pattern,
            awkward=_DELIMITER.search(value) is not None,
        )
        if encoded_too and len(value) >= 6:
            data = value.encode("utf-8", "surrogatepass")
            for encoding in (base64.b64encode, base64.urlsafe_b64encode):
                self._seek(encoding(data).decode().rstrip("="), placeholder, encoded_too=False)

    def _present(self, text: str, *, awkward: bool) -> list[_Needle]:
        needles = self._needles.values()
        if len(needles) > 256 and len(text) > 256:
            # A flood of secrets: one look at the text instead of one search for each secret.
            pieces = {text[at : at + 4] for at in range(len(text) - 3)}
            return [
                needle
                for needle in needles
                if (needle.awkward or not awkward)
                and (len(needle.anchor) < 4 or needle.anchor[:4] in pieces)
                and needle.anchor in text
            ]
        return [
            needle
            for needle in needles
            if (needle.awkward or not awkward) and needle.anchor in text
        ]

    def _pattern(self, needles: list[_Needle]) -> re.Pattern[str]:
        key = tuple(needle.pattern for needle in needles)
        found = self._patterns.get(key)
        if found is None:
            if len(self._patterns) > 256:
                self._patterns.clear()
            found = re.compile("|".join(f"({part})" for part in (_WRITTEN_PLACEHOLDER, *key)))
            self._patterns[key] = found
        return found
