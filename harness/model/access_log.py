"""Lines of a web server's access log, and what is said about the Claude clients in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from harness.model.trace import Purpose, Step, Voice
from harness.model.verdict import StepStatus, Surface, Verdict
from harness.model.wellknown import query


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLine:
    """One request as a web server logged it; what the log does not tell is None or empty."""

    file: str
    number: int
    time: float | None = None
    """Seconds since the epoch."""
    addresses: tuple[str, ...] = ()
    """The client's first: those a proxy forwarded come before the peer's own."""
    method: str = ""
    """Empty for what was no HTTP request."""
    target: str = ""
    """The path with its query, as in the request line."""
    status: int | None = None
    agent: str | None = None
    """The User-Agent; empty when the client sent none, None when the log does not tell."""
    seconds: float | None = None
    """How long the answer took."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def parameters(self) -> Mapping[str, str]:
        return query(f"?{self.target.partition('?')[2]}")

    @property
    def source(self) -> str:
        return self.addresses[0] if self.addresses else ""

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Sureness(StrEnum):
    """How sure it is that some lines are Claude's."""

    CERTAIN = "certain"
    """They come from Anthropic's addresses, or name a client that only Claude has."""
    LIKELY = "likely"
    """The User-Agent fits, and the addresses are hidden behind a proxy of the operator's."""
    DOUBTFUL = "doubtful"
    """They only ask what Claude asks."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A line with what it is within an attempt."""

    line: LogLine
    step: Step
    purpose: Purpose
    voice: Voice


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A known failure that fits what the log shows; the log alone does not prove it."""

    id: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Rung:
    """How one step went, in a few words."""

    step: Step
    status: StepStatus
    said: str
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """The lines of one connection, how it ended, and what that usually means."""

    surface: Surface | None
    """None where the log has no User-Agents."""
    seen: tuple[Seen, ...]
    verdict: Verdict
    stopped_at: Step | None = None
    headline: str = ""
    """The end of a sentence that begins with the verdict."""
    rungs: tuple[Rung, ...] = ()
    decides: Seen | None = None
    """The request whose answer decides the verdict."""
    next: str | None = None
    """What Claude asks next when all is well."""
    means: str | None = None
    suspects: tuple[Suspect, ...] = ()
    notes: tuple[str, ...] = ()
    sureness: Sureness = Sureness.LIKELY
    sure_because: str = ""
    shared: bool = False
    """Another sign-in ran at the same time, and some lines may belong to it."""

    @property
    def last(self) -> Seen:
        """The last thing that was asked."""
        return self.seen[-1]

    @property
    def started(self) -> float | None:
        return self.seen[0].line.time


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many lines there were of each kind."""

    read: int = 0
    unreadable: int = 0
    first_unreadable: str | None = None
    """Where the first line stands that could not be read."""
    claude: int = 0
    dropped: int = 0
    """Older lines of Claude that were too many to keep."""
    crawlers: int = 0
    """Of Anthropic's web crawlers, which are no connectors."""
    elsewhere: int = 0
    """Under a name of Claude's, and from other addresses than Anthropic's in the same log."""
    no_http: int = 0
    """What was no HTTP request, such as TLS on a plain port."""
    others: tuple[tuple[str, int], ...] = ()
    """The programs that posted to the MCP endpoint or asked for metadata, most first."""
    first: float | None = None
    last: float | None = None


@dataclass(frozen=True, kw_only=True)
class LogDiagnosis:
    """Everything said about some access logs."""

    files: tuple[str, ...]
    verdict: Verdict
    headline: str
    counts: Counts
    mcp_path: str | None = None
    mcp_path_from: str = ""
    """How the path became known."""
    attempts: tuple[Attempt, ...] = ()
    """In order of time."""
    decisive: tuple[Attempt, ...] = ()
    """Of each surface the one that decides."""
    suspects: tuple[Suspect, ...] = ()
    """Where no attempt was found at all."""
    damaged: tuple[str, ...] = ()
    """What could not be read to its end, a sentence each."""
