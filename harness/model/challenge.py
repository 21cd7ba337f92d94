"""The grammar of WWW-Authenticate (RFC 9110 section 11.6.1), read leniently, violations kept."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*(?=\s*(?:,|$))")
_BLANKS = re.compile(r"[ \t]*")
_SEPARATORS = re.compile(r"[ \t,]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


@dataclass(frozen=True)
class Challenge:
    """One scheme with its parameters; parameter names are lower case."""

    scheme: str
    params: dict[str, str] = field(default_factory=dict)
    token68: str | None = None
    violations: tuple[str, ...] = ()


def parse(lines: Iterable[str]) -> list[Challenge]:
    """All challenges of the header's field lines, in order; never raises."""
    text = ", ".join(lines)
    challenges: list[_Open] = []
    at = 0
    while at < len(text):
        at = _end(_SEPARATORS, text, at)
        token = _TOKEN.match(text, at)
        if token is None:
            if at < len(text) and challenges:
                challenges[-1].violation(f"unexpected {text[at]!r}")
            at += 1
            continue
        at = _end(_BLANKS, text, token.end())
        if challenges and text[at : at + 1] == "=":
            at = challenges[-1].read_value(token.group().lower(), text, at + 1)
        else:
            challenges.append(_Open(token.group()))
            at = challenges[-1].read_token68(text, at)
    return [one.close() for one in challenges]


def bearer(lines: Iterable[str]) -> Challenge | None:
    """The first Bearer challenge, or None."""
    return next((one for one in parse(lines) if one.scheme.lower() == "bearer"), None)


class _Open:
    """A challenge while its parameters are read."""

    def __init__(self, scheme: str) -> None:
        self.scheme = scheme
        self.params: dict[str, str] = {}
        self.token68: str | None = None
        self.violations: list[str] = []

    def violation(self, text: str) -> None:
        if text not in self.violations:
            self.violations.append(text)

    def read_token68(self, text: str, at: int) -> int:
        match = _TOKEN68.match(text, at)
        if match is None:
            return at
        self.token68 = match.group()
        return match.end()

    def read_value(self, name: str, text: str, at: int) -> int:
        at = _end(_BLANKS, text, at)
        if quoted := _QUOTED.match(text, at):
            value = re.sub(r"\\(.)", r"\1", quoted.group(1), flags=re.DOTALL)
            at = quoted.end()
        else:
            # A bare value with characters no token may have (a URL without quotes) is read on to
            # the comma, so that the lenient reader still has it.
            end = text.find(",", at)
            end = len(text) if end < 0 else end
            value = text[at:end].strip()
            if value.startswith('"'):
                self.violation("unbalanced quote")
                value = value[1:]
            elif value.startswith("'"):
                self.violation("single quotes around a value")
                value = value.strip("'")
            elif not _TOKEN.fullmatch(value):
                self.violation(f"{name} needs quotes")
            at = end
        if name in self.params:
            self.violation(f"{name} given twice")
        else:
            self.params[name] = value
        return at

    def close(self) -> Challenge:
        return Challenge(self.scheme, self.params, self.token68, tuple(self.violations))


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
