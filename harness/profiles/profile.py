"""The shape of a surface profile: plain values, and where each was learned."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.model.trace import Headers, Json, Purpose, Step, Voice
from harness.model.verdict import Confidence, Surface
from harness.profiles.policy import (
    CallbackIss,
    CimdCondition,
    ClientAuth,
    IssuerCheck,
    MetadataAnswer,
    MetadataError,
    MissingMetadata,
    OfflineAccess,
    RefusedGrant,
    RegistrationAnswer,
    RegistrationOrder,
    ResourceCheck,
    S256Check,
    StepUpScope,
    TokenAnswer,
    UnknownClient,
)

MESSAGE_MEMBERS = ("jsonrpc", "id", "method", "params")


@dataclass(frozen=True)
class Provenance:
    source: str
    seen: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What one surface sends and accepts.

    Header values may hold `$HOST`, filled in per request; header tuples are in wire order.
    Times are seconds.
    """

    surface: Surface
    as_of: str

    broker_headers: Headers
    runtime_headers: Headers
    browser_headers: Headers
    broker_extras_first: bool = False
    """True where what a request adds comes before the broker's own headers, and replaces them."""
    runtime_header_order: tuple[str, ...] = ()
    """The names as they are spelled, in wire order, with `*` for all others.

    Empty where that is the order of composing.
    """
    resource_metadata_headers: Headers = ()
    server_metadata_headers: Headers = ()
    token_headers: Headers = ()

    signs_in: bool = True
    """False where the caller brings the token."""
    opening: tuple[tuple[Voice, Purpose], ...]
    """What is asked without a token; the first voice's first 401 or result decides."""
    only_port_443: bool = False
    broker_client_info: Mapping[str, Json]
    runtime_client_info: Mapping[str, Json]
    runtime_capabilities: Mapping[str, Json]
    handshake_version: str
    modern_version: str
    discover_id: str | int
    lists_prompts_and_resources: bool
    message_members: tuple[str, ...] = MESSAGE_MEMBERS
    """The order of a JSON-RPC message's members, server/discover and notifications aside."""
    empty_params: bool = True
    """False where a request without parameters has no `params` at all."""
    first_stateless_id: int = 1
    """The id of tools/list where server/discover opened the session."""
    stream_accept: str | None = None
    """What the handshake era's GET accepts, where that is less than what a POST does."""
    ends_session: bool = True
    needs_media_type: bool = False
    """True where an answer that is labelled neither JSON nor an event stream is no answer."""
    own_headers_at: frozenset[tuple[Voice, Step]] = frozenset()
    """The metadata requests that carry the headers a user has set for the MCP server."""

    runtime_discovery_headers: Mapping[Step, Headers] = field(default_factory=dict)
    """What the runtime sends where it reads both documents before the login does."""
    falls_back_to_sse: bool = False
    """True where a URL that takes no POST is asked for the stream of MCP 2024-11-05."""
    asks_path_issuer_at_root: bool
    resource_metadata_error: MetadataError
    server_metadata_error: MetadataError
    missing_metadata: MissingMetadata
    metadata_answer: MetadataAnswer = MetadataAnswer.LENIENT
    signs_in_at_403: bool = False
    """True where any 403 is taken for a want of sign-in, and not 401 alone."""
    issuer_check: IssuerCheck
    resource_check: ResourceCheck

    registration: RegistrationOrder
    cimd_condition: CimdCondition
    cimd_client_id: str
    registration_body: Mapping[str, Json]
    registers_scope: bool
    """True where the scope that will be asked for goes into the registration."""
    registration_answer: RegistrationAnswer
    refused_grant: RefusedGrant
    given_client_auth: str
    client_auth: ClientAuth
    s256_check: S256Check

    redirect_uri: str
    authorize_order: tuple[str, ...]
    prompts_for_offline_access: bool
    """True where `prompt=consent` goes with `offline_access`."""
    challenged_scope: bool
    """True where the scope of the first challenge is asked for."""
    server_scopes: bool = False
    """True where all that the authorization server lists is asked for, for want of other scopes."""
    offline_access: OfflineAccess
    resource_without_metadata: bool
    """True where `resource` is sent although no resource metadata was found."""
    resource_before_client: bool
    """True where `resource` stands before the client's credentials in token requests."""
    token_answer: TokenAnswer
    retries_refused_code: bool = False
    """True where a code that is refused with `invalid_grant` is sent once more."""
    unknown_client: UnknownClient
    refresh_voice: Voice = Voice.BROKER
    early_refresh_below: float = 0.0
    """A token that was issued for less is renewed before every call; 0 where none is."""
    refresh_retry_delays: tuple[float, ...] = ()
    """The waits before a refresh is tried again after 5xx."""
    callback_iss: CallbackIss
    fetches_metadata_again: bool
    step_up_scope: StepUpScope
    signs_in_again: bool = False
    """True where a token that is refused later starts another sign-in at once."""

    discovery_timeout: float
    token_timeout: float
    refresh_timeout: float
    connect_timeout: float
    connect_retry_delays: tuple[float, ...]

    provenance: Mapping[str, Provenance]
