"""One sentence of a specification, and how a trace shows whether it was kept."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from inspect import getdoc

from harness.model.trace import Trace
from harness.model.verdict import Evidence

type Check = Callable[[Trace], Iterable[Evidence]]
"""Yields evidence where the requirement is violated, nothing where it holds.

It raises NotShown when what it judges did not happen in the trace.
"""


class NotShown(Exception):  # noqa: N818  (an outcome, not an error)
    """The trace holds nothing by which the requirement could be judged."""


class Party(StrEnum):
    """Whom a requirement binds; `transport` is the MCP server as a speaker of JSON-RPC."""

    SERVER = "server"
    AUTHORIZATION_SERVER = "authorization-server"
    TRANSPORT = "transport"
    CLIENT = "client"


class Level(StrEnum):
    """The word of the source (RFC 2119), or why there is none, weightiest first."""

    MUST = "MUST"
    MUST_NOT = "MUST NOT"
    SHOULD = "SHOULD"
    SHOULD_NOT = "SHOULD NOT"
    RECOMMENDED = "RECOMMENDED"
    MAY = "MAY"
    DERIVED = "DERIVED"
    """No sentence of its own: it follows from others."""
    OBSERVED = "OBSERVED"
    """No sentence at all: clients were seen or documented to need it."""

    @property
    def normative(self) -> bool:
        """True when a sentence of a specification says so."""
        return self not in (Level.DERIVED, Level.OBSERVED)

    @property
    def weight(self) -> int:
        """0 is the weightiest."""
        return _WEIGHTS[self]


_WEIGHTS = {level: index for index, level in enumerate(Level)}


class Revision(StrEnum):
    """A revision of MCP, oldest first."""

    V2024_11_05 = "2024-11-05"
    V2025_03_26 = "2025-03-26"
    V2025_06_18 = "2025-06-18"
    V2025_11_25 = "2025-11-25"
    V2026_07_28 = "2026-07-28"


@dataclass(frozen=True)
class Requirement:
    """One sentence, in our own words; exactly one of `check` and `reason` is set.

    `reason` says why no trace of ours can show whether it is kept.
    """

    id: str
    party: Party
    level: Level
    source: str
    section: str
    """Empty where it is not certain."""
    revisions: frozenset[Revision]
    text: str
    check: Check | None = None
    reason: str | None = None

    @property
    def cited(self) -> str:
        """Where to read the original."""
        return f"{self.source}, {self.section}" if self.section else self.source


def requirement(name: str) -> Callable[[Check], Requirement]:
    """Makes a check, with its docstring as the text, the requirement of that id."""

    def made(check: Check) -> Requirement:
        return _made(name, " ".join((getdoc(check) or "").split()), check=check)

    return made


def unseen(name: str, text: str, reason: str) -> Requirement:
    """The requirement of that id, of which no trace can show whether it is kept."""
    return _made(name, text, reason=reason)


def _made(
    name: str, text: str, *, check: Check | None = None, reason: str | None = None
) -> Requirement:
    where = citations()[name]
    return Requirement(
        name,
        where.party,
        where.level,
        where.source,
        where.section,
        where.revisions,
        text,
        check,
        reason,
    )


@dataclass(frozen=True)
class _Citation:
    party: Party
    level: Level
    revisions: frozenset[Revision]
    source: str
    section: str


@cache
def citations() -> Mapping[str, _Citation]:
    """The table of citations.txt, by id."""
    text = files(__package__).joinpath("citations.txt").read_text(encoding="utf-8")
    rows = (line.split(" | ") for line in text.splitlines() if line and not line.startswith("#"))
    return {
        name: _Citation(
            Party(party),
            Level(level),
            _span(span),
            source,
            "" if section == "-" else section,
        )
        for name, party, level, span, source, section in rows
    }


def _span(text: str) -> frozenset[Revision]:
    """The revisions of `first..last`, or the one that is named."""
    known = list(Revision)
    first, _, last = text.partition("..")
    return frozenset(known[known.index(Revision(first)) : known.index(Revision(last or first)) + 1])
