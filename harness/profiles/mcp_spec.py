"""A client that keeps to MCP 2025-11-25 and 2026-07-28 to the letter; no Claude does all of it."""

from harness.model.trace import Purpose, Voice
from harness.model.verdict import Confidence, Surface
from harness.profiles.claude_ai import PROFILE as CLAUDE_AI
from harness.profiles.policy import (
    CallbackIss,
    CimdCondition,
    ClientAuth,
    IssuerCheck,
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
from harness.profiles.profile import Profile, Provenance

_REDIRECT_URI = "http://localhost:3118/callback"
_HEADERS = (
    ("Host", "$HOST"),
    ("Accept-Encoding", "gzip, deflate"),
    ("User-Agent", "claude-connector-harness (mcp-spec)"),
)


def _written(source: str, note: str = "") -> Provenance:
    return Provenance(source, "2026-07-28", Confidence.SPECIFICATION, note)


_MCP = _written("MCP 2025-11-25 and 2026-07-28 authorization")
_OURS = _written("nothing", "left to the client")

PROFILE = Profile(
    surface=Surface.MCP_SPEC,
    as_of="2026-07-28",
    broker_headers=_HEADERS,
    runtime_headers=(*_HEADERS, ("Accept", "application/json, text/event-stream")),
    browser_headers=CLAUDE_AI.browser_headers,
    resource_metadata_headers=(("Accept", "application/json"),),
    server_metadata_headers=(("Accept", "application/json"),),
    token_headers=(("Accept", "application/json"),),
    opening=((Voice.RUNTIME, Purpose.DISCOVER), (Voice.RUNTIME, Purpose.INITIALIZE)),
    broker_client_info={},
    runtime_client_info={"name": "claude-connector-harness", "version": "0.1.0"},
    runtime_capabilities={},
    handshake_version="2025-11-25",
    modern_version="2026-07-28",
    discover_id=0,
    lists_prompts_and_resources=False,
    asks_path_issuer_at_root=False,
    resource_metadata_error=MetadataError.NEXT,
    server_metadata_error=MetadataError.NEXT,
    missing_metadata=MissingMetadata.GUESS_ENDPOINTS,
    issuer_check=IssuerCheck.STOP,
    resource_check=ResourceCheck.PREFIX,
    registration=RegistrationOrder.GIVEN_CIMD_DCR,
    cimd_condition=CimdCondition.FLAG,
    cimd_client_id="https://claude.ai/oauth/claude-code-client-metadata",
    registration_body={
        "client_name": "claude-connector-harness",
        "redirect_uris": [_REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    },
    registers_scope=True,
    registration_answer=RegistrationAnswer.LENIENT,
    refused_grant=RefusedGrant.STOP,
    given_client_auth="client_secret_basic",
    client_auth=ClientAuth.AS_LISTED,
    s256_check=S256Check.STOP,
    redirect_uri=_REDIRECT_URI,
    authorize_order=CLAUDE_AI.authorize_order,
    prompts_for_offline_access=False,
    challenged_scope=True,
    offline_access=OfflineAccess.WHEN_LISTED,
    resource_without_metadata=True,
    resource_before_client=True,
    token_answer=TokenAnswer.TYPED,
    unknown_client=UnknownClient.STOP,
    callback_iss=CallbackIss.ENFORCE,
    fetches_metadata_again=False,
    step_up_scope=StepUpScope.UNION,
    signs_in_again=True,
    discovery_timeout=30.0,
    token_timeout=30.0,
    refresh_timeout=30.0,
    connect_timeout=30.0,
    connect_retry_delays=(),
    provenance={
        **dict.fromkeys(CLAUDE_AI.provenance, _OURS),
        "opening": _written("MCP 2026-07-28 versioning"),
        "missing_metadata": _written("MCP 2025-03-26 authorization", "for servers of that time"),
        "issuer_check": _written("RFC 8414 section 3.3"),
        "resource_check": _written("RFC 9728 section 3.3"),
        "registration": _MCP,
        "cimd_condition": _MCP,
        "cimd_client_id": _written("nothing", "a document of Claude's stands for one of our own"),
        "s256_check": _written("MCP 2025-11-25 authorization", "an absent list is let through"),
        "challenged_scope": _MCP,
        "offline_access": _written("MCP 2026-07-28 refresh tokens"),
        "resource_without_metadata": _written("RFC 8707 section 2"),
        "signs_in_again": _written("MCP 2026-07-28 client registration (SEP-2352)"),
        "callback_iss": _written("RFC 9207 section 2.4"),
        "token_answer": _written("RFC 6749 section 5.1"),
        "step_up_scope": _written("MCP 2026-07-28 step-up authorization flow"),
    },
)
