"""What happened on the wire: steps, messages, exchanges, notes and the trace that holds them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from harness.model.imported import Imported

type Headers = tuple[tuple[str, str], ...]
type Json = bool | int | float | str | list[Json] | dict[str, Json] | None


class Step(StrEnum):
    """The parts of a connection, in the order they happen and are displayed."""

    REACH = "reach"
    CHALLENGE = "challenge"
    RESOURCE_METADATA = "resource-metadata"
    SERVER_METADATA = "server-metadata"
    REGISTRATION = "registration"
    AUTHORIZE = "authorize"
    LOGIN = "login"
    CALLBACK = "callback"
    TOKEN = "token"
    CONNECT = "connect"
    SESSION = "session"
    REFRESH = "refresh"
    STEP_UP = "step-up"

    @property
    def position(self) -> int:
        return _ORDER[self]


_ORDER = {step: index for index, step in enumerate(Step)}


class Purpose(StrEnum):
    """What one exchange asks for within its step."""

    INITIALIZE = "initialize"
    DISCOVER = "discover"
    METADATA_POINTER = "metadata-pointer"
    METADATA_PATH = "metadata-path"
    METADATA_ROOT = "metadata-root"
    RFC8414 = "rfc8414"
    RFC8414_ROOT = "rfc8414-root"
    OIDC = "oidc"
    OIDC_APPENDED = "oidc-appended"
    REGISTER = "register"
    AUTHORIZE = "authorize"
    PAGE = "page"
    CALLBACK = "callback"
    TOKEN = "token"
    REFRESH = "refresh"
    INITIALIZED = "initialized"
    LIST_TOOLS = "list-tools"
    LIST_PROMPTS = "list-prompts"
    LIST_RESOURCES = "list-resources"
    STREAM = "stream"
    CALL_TOOL = "call-tool"
    END_SESSION = "end-session"
    # From here on, what Claude does not ask; it only serves the diagnosis.
    PREFLIGHT = "preflight"
    PAGE_CALL = "page-call"
    """The opening call as a page in a browser makes it."""
    HEAD = "head"
    OTHER_SLASH = "other-slash"
    """The opening call at the URL with its closing slash added or taken away."""
    REGISTER_PUBLIC = "register-public"
    """A refused registration tried again with the authentication method `none`."""
    REGISTER_CODE_ONLY = "register-code-only"
    """A refused registration tried again with the authorization code grant alone."""
    REGISTER_AGAIN = "register-again"
    FRESH_CLIENT = "fresh-client"
    """The authorization endpoint asked by a client that registered a moment ago."""
    NO_RESOURCE = "no-resource"
    """The authorization endpoint asked without `resource`."""
    BOGUS_CODE = "bogus-code"
    USED_CODE = "used-code"
    BOGUS_REFRESH = "bogus-refresh"
    SPENT_REFRESH = "spent-refresh"
    """A refresh token presented again right after it was used, as two processes at once do."""
    KEYS = "keys"
    """The keys of the authorization server, against a token that was refused."""
    WITHOUT_SESSION = "without-session"
    """A call of an open session that leaves the session id out."""
    NEWER_VERSION = "newer-version"
    """A call of the handshake era under the newest version header."""
    OTHER = "other"


class Voice(StrEnum):
    """Which of Claude's HTTP clients speaks."""

    BROKER = "broker"
    RUNTIME = "runtime"
    BROWSER = "browser"


@dataclass(frozen=True)
class Message:
    """The headers and body of a request or a response.

    `body` is the decoded content (content codings undone, never beyond the size limit);
    `wire_size` counts the bytes as transferred.
    """

    headers: Headers = ()
    body: bytes = b""
    http_version: str = "HTTP/1.1"

    def header(self, name: str) -> str | None:
        """The values of a header joined by a comma, or None when it is absent."""
        values = self.header_lines(name)
        return ", ".join(values) if values else None

    def header_lines(self, name: str) -> list[str]:
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    @property
    def media_type(self) -> str:
        """The content type without parameters, lower case; empty when absent."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @cached_property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    @cached_property
    def json(self) -> Json:
        """The body as JSON; None when it is not JSON, or is nested or sized beyond reason."""
        try:
            value: Json = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value

    @property
    def json_object(self) -> dict[str, Json] | None:
        value = self.json
        return value if isinstance(value, dict) else None


@dataclass(frozen=True, kw_only=True)
class Request(Message):
    method: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Response(Message):
    status: int
    reason: str = ""
    wire_size: int = 0
    truncated: bool = False
    """True when the body was cut: at our size limit, by the peer, or because we stopped reading."""
    encoding_error: str | None = None
    """Why the content coding could not be undone; the body then holds the raw bytes."""

    @property
    def is_redirect(self) -> bool:
        return self.status in (301, 302, 303, 307, 308) and self.header("location") is not None


class FailureKind(StrEnum):
    """Why there is no complete response."""

    DNS = "dns"
    DNS_TEMPORARY = "dns-temporary"
    NO_NETWORK = "no-network"
    REFUSED = "refused"
    CONNECT_TIMEOUT = "connect-timeout"
    TLS_CERTIFICATE = "tls-certificate"
    TLS = "tls"
    NOT_TLS = "not-tls"
    RESET = "reset"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    TOO_LARGE = "too-large"
    BLOCKED = "blocked"
    OTHER = "other"

    @property
    def before_request(self) -> bool:
        """True when not even a connection came about, so the request was never sent."""
        return self in _BEFORE_REQUEST


_BEFORE_REQUEST = frozenset(
    {
        FailureKind.DNS,
        FailureKind.DNS_TEMPORARY,
        FailureKind.NO_NETWORK,
        FailureKind.REFUSED,
        FailureKind.CONNECT_TIMEOUT,
        FailureKind.TLS_CERTIFICATE,
        FailureKind.TLS,
        FailureKind.NOT_TLS,
        FailureKind.BLOCKED,
    }
)


@dataclass(frozen=True)
class Failure:
    kind: FailureKind
    text: str


@dataclass(frozen=True, kw_only=True)
class Certificate:
    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: str
    """ISO 8601, UTC."""
    not_after: str
    self_signed: bool = False
    issuer_url: str | None = None
    """Where the issuer's own certificate can be fetched (RFC 5280 section 4.2.2.1)."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How the peer was reached, as the proxy saw it."""

    host: str
    port: int
    addresses: tuple[str, ...] = ()
    """Every address the name resolved to, in the order the resolver gave them."""
    peer: str | None = None
    mapped_to: str | None = None
    """The local origin that answered in place of the public one, if a map was given."""
    sni: str | None = None
    tls_version: str | None = None
    cipher: str | None = None
    alpn: str | None = None
    certificates: tuple[Certificate, ...] = ()
    """As presented by the peer, leaf first; also when verification failed."""
    verify_errors: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Milliseconds per phase; None where the phase did not happen (a reused connection)."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    wait: float | None = None
    read: float | None = None
    total: float = 0.0


class Signature(StrEnum):
    """What the published keys say of a token's signature (RFC 7515 section 5.2)."""

    VERIFIES = "verifies"
    WRONG = "wrong"
    UNKNOWN_KEY = "unknown-key"
    """No published key fits the `kid` or the algorithm of the token."""


@dataclass(frozen=True, kw_only=True)
class TokenFacts:
    """What an access token says of itself without being kept: its kind, length and public claims.

    `claims` holds only the registered claims that matter to a resource server (iss, aud, exp, nbf,
    iat, scope, scp, client_id, azp); never the subject or anything about a person.
    """

    kind: str
    """`jwt` or `opaque`."""
    length: int
    header: Mapping[str, Json] = field(default_factory=dict)
    claims: Mapping[str, Json] = field(default_factory=dict)
    signature: Signature | None = None
    """Whether the keys in the answer of the same exchange verify it; None where none were read."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its response or failure."""

    n: int
    step: Step
    purpose: Purpose
    voice: Voice
    request: Request
    response: Response | None = None
    failure: Failure | None = None
    connection: Connection | None = None
    timing: Timing = field(default_factory=Timing)
    started: float = 0.0
    """Seconds since the epoch."""
    exploration: bool = False
    """True when Claude would not have sent this: it only serves the diagnosis."""
    token: TokenFacts | None = None
    """The access token that the response issued; its facts outlive redaction."""

    @property
    def status(self) -> int | None:
        return self.response.status if self.response else None

    @property
    def json_object(self) -> dict[str, Json] | None:
        """The body of the response as a JSON object, None when there is none."""
        return self.response.json_object if self.response else None


class NoteKind(StrEnum):
    """What a note tells about a run besides its exchanges."""

    DECISION = "decision"
    """The client chose: `text` says what and why, `data` holds the chosen values."""
    STOP = "stop"
    """Claude would stop here; exchanges after it are exploration."""
    SKIP = "skip"
    """The step does not apply, `text` says why."""
    NEEDS_HUMAN = "needs-human"
    """The sign-in cannot go on without a person; `data` has title, text and url of the page."""
    WAIT = "wait"
    ABORTED = "aborted"
    """The run was ended from outside (interrupt, time limit, our own error)."""


@dataclass(frozen=True, kw_only=True)
class Note:
    step: Step
    kind: NoteKind
    text: str
    data: Mapping[str, Json] = field(default_factory=dict)
    after: int = 0
    """The number of the last exchange before this note."""


@dataclass(frozen=True, kw_only=True)
class Trace:
    """The ordered exchanges and notes of one run on one surface."""

    target: str
    surface: str
    started: float = 0.0
    """Seconds since the epoch."""
    finished: float | None = None
    maps: tuple[tuple[str, str], ...] = ()
    choices: Mapping[str, Json] = field(default_factory=dict)
    """What the user chose besides the target, as `harness.client.choices` writes it."""
    exchanges: tuple[Exchange, ...] = ()
    notes: tuple[Note, ...] = ()
    recording: str | None = None
    imported: Imported | None = None
    """Where the exchanges come from if no run of ours recorded them; not part of a recording."""

    def at(
        self, step: Step, *purposes: Purpose, exploration: bool | None = None
    ) -> Iterator[Exchange]:
        """The exchanges of a step, optionally of some purposes, or only (or never) exploration."""
        for exchange in self.exchanges:
            if (
                exchange.step is step
                and (not purposes or exchange.purpose in purposes)
                and (exploration is None or exchange.exploration is exploration)
            ):
                yield exchange

    def last(self, step: Step, *purposes: Purpose) -> Exchange | None:
        found = list(self.at(step, *purposes))
        return found[-1] if found else None

    def noted(self, kind: NoteKind, step: Step | None = None) -> Iterator[Note]:
        for note in self.notes:
            if note.kind is kind and (step is None or note.step is step):
                yield note

    def decision(self, step: Step, key: str) -> Json:
        """The latest value the client decided under a key at a step, or None."""
        value: Json = None
        for note in self.noted(NoteKind.DECISION, step):
            if key in note.data:
                value = note.data[key]
        return value

    @property
    def stop(self) -> Note | None:
        """Where Claude would have stopped, or None when it went through."""
        return next(self.noted(NoteKind.STOP), None)
