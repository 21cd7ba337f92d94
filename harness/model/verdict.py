"""What a diagnosis says: evidence, findings, contract rows and the verdict of one run."""

from dataclasses import dataclass, field
from enum import StrEnum

from harness.model.trace import Step


class Surface(StrEnum):
    """The Claude client that is played."""

    CLAUDE_AI = "claude-ai"
    CLAUDE_CODE = "claude-code"
    MESSAGES_API = "messages-api"
    MCP_SPEC = "mcp-spec"


class Party(StrEnum):
    """Who has to change something."""

    SERVER = "server"
    AUTHORIZATION_SERVER = "authorization-server"
    INFRASTRUCTURE = "infrastructure"
    CLAUDE = "claude"
    CONFIGURATION = "configuration"


class Impact(StrEnum):
    """What a failure costs on one surface, worst first."""

    BREAKS = "breaks"
    DEGRADES = "degrades"
    ADVISORY = "advisory"
    NONE = "none"

    @property
    def severity(self) -> int:
        """0 is the worst."""
        return list(Impact).index(self)


class Confidence(StrEnum):
    """How sure it is that this is what Claude does."""

    DOCUMENTED = "documented"
    """Anthropic's documentation or staff say so."""
    MEASURED = "measured"
    """Measured on the real client."""
    REPORTED = "reported"
    """Proven by people whose fix made it work."""
    OBSERVED = "observed"
    """Seen in traces; the cause is not proven."""
    CONTESTED = "contested"
    """Good evidence exists for both answers."""
    SPECIFICATION = "specification"
    """Follows from a specification; no report seen."""
    GUESS = "guess"


class Shows(StrEnum):
    """The texts Claude shows its user (facts of 2026, see the profile for their dates)."""

    COULD_NOT_REACH = (
        "Couldn't reach the MCP server. You can check the server URL "
        "and verify the server is running."
    )
    COULD_NOT_REGISTER = (
        "Couldn't register with the server's sign-in service. You can try again, "
        "or add an OAuth Client ID in the connector settings."
    )
    REGISTRATION_UNSUPPORTED = (
        "Automatic client registration isn't supported. "
        "Edit the connector and add an OAuth Client ID."
    )
    AUTHORIZATION_FAILED = (
        "Authorization with the MCP server failed. You can check your credentials and permissions."
    )
    CREDENTIALS_REJECTED = (
        "Your account was authorized but the integration rejected the credentials, "
        "so the connection was reverted."
    )
    NO_SERVER_FOUND = (
        "No MCP server was found at the provided URL, or your account doesn't have access to it."
    )
    ERROR_WHEN_CONNECTING = (
        "Your account was authorized, but the server returned an error when connecting."
    )
    CONNECTION_EXPIRED = "Connection has expired. You can reconnect to re-authenticate."
    SERVER_UNAVAILABLE = "This connector's server is currently unavailable."
    STARTED_NOT_FINISHED = "You started connecting but didn't finish"
    NO_TOOLS = "This connector has no tools available."
    METHOD_NOT_ALLOWED = (
        '{"type":"error","error":{"type":"invalid_request_error","message":"Method Not Allowed"}}'
    )
    CODE_REQUIRED = "code: Field required"
    STATE_REQUIRED = "state: Field required"


@dataclass(frozen=True)
class Source:
    """Where a fact was read: an address or a short reference, and the date it speaks of."""

    url: str
    seen: str


@dataclass(frozen=True)
class Effect:
    """What a failure does on one surface, how sure that is, and where it was learned."""

    impact: Impact
    confidence: Confidence
    source: Source


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A quote from one exchange, where it stood, and what would have been right.

    `place` is a dotted path: `response.status`, `response.header.location`,
    `response.body.issuer`, `request.body.resource`, `connection.certificate`, `failure`.
    """

    exchange: int
    place: str
    quote: str
    expected: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unmet:
    """A contract row that the trace does not meet."""

    row: str
    step: Step
    title: str
    impact: Impact
    evidence: tuple[Evidence, ...]
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A known failure that was recognised."""

    id: str
    step: Step
    party: Party
    impact: Impact
    """What it did to this run."""
    claimed: Impact
    """What it is known to do on this surface."""
    confidence: Confidence
    title: str
    what: str
    why: str
    fix: str
    evidence: tuple[Evidence, ...]
    sources: tuple[Source, ...]
    root_cause: bool = False
    shows: str | None = None
    error: str | None = None
    """Set when the pattern itself failed to run."""


class Verdict(StrEnum):
    CONNECTS = "connects"
    FAILS = "fails"
    INCONCLUSIVE = "inconclusive"


class StepStatus(StrEnum):
    OK = "ok"
    WARN = "warn"
    BROKEN = "broken"
    SKIPPED = "skipped"
    NOT_REACHED = "not-reached"


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """One rung of the ladder; `said` is its short account, `ms` the time on the wire."""

    step: Step
    status: StepStatus
    exchanges: tuple[int, ...] = ()
    ms: float = 0.0
    said: str = ""


@dataclass(frozen=True, kw_only=True)
class Returns:
    """The query with which Claude sends the browser back to claude.ai."""

    step: str
    oauth_error: str | None = None
    error_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Everything said about one trace; recomputed from it on every load."""

    surface: Surface
    verdict: Verdict
    headline: str
    """One sentence for a newcomer."""
    stopped_at: Step | None = None
    shows: str | None = None
    shows_confidence: Confidence = Confidence.REPORTED
    returns: Returns | None = None
    steps: tuple[StepResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    unexplained: tuple[Unmet, ...] = ()
    when_deployed: tuple[str, ...] = field(default=())
    """What claude.ai would refuse about the target's address once it is not local any more."""
