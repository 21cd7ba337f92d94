"""claude.ai, Desktop connectors, mobile and Cowork: one hosted broker and one hosted runtime."""

from harness.model.trace import Json, Purpose, Voice
from harness.model.verdict import Confidence, Surface
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

_REDIRECT_URI = "https://claude.ai/api/mcp/auth_callback"
_UI_EXTENSION: Json = {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}}

_AUTH_DOCS = "claude.com/docs/connectors/building/authentication"
_TROUBLE_DOCS = "claude.com/docs/connectors/building/troubleshooting"
_TRACKER = "github.com/anthropics/claude-ai-mcp/issues/"
_GUESS = Provenance("nothing", "2026-11-23", Confidence.GUESS)

PROFILE = Profile(
    surface=Surface.CLAUDE_AI,
    as_of="2026-11-23",
    broker_headers=(
        ("Host", "$HOST"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Connection", "keep-alive"),
        ("User-Agent", "python-httpx/0.28.1"),
    ),
    runtime_headers=(
        ("Host", "$HOST"),
        ("Accept", "application/json, text/event-stream"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Connection", "keep-alive"),
        ("User-Agent", "Claude-User"),
    ),
    browser_headers=(
        ("Connection", "keep-alive"),
        ("Upgrade-Insecure-Requests", "1"),
        (
            "User-Agent",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/156.0.0.0 Safari/537.36",
        ),
        ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("Accept-Encoding", "gzip, deflate, br"),
        ("Accept-Language", "en-US,en;q=0.9"),
    ),
    opening=(
        (Voice.BROKER, Purpose.INITIALIZE),
        (Voice.RUNTIME, Purpose.DISCOVER),
        (Voice.RUNTIME, Purpose.INITIALIZE),
    ),
    broker_client_info={"name": "Anthropic", "version": "1.0.0"},
    runtime_client_info={"name": "Anthropic/ClaudeAI", "version": "1.0.0"},
    runtime_capabilities={"extensions": _UI_EXTENSION},
    handshake_version="2025-11-25",
    modern_version="2026-07-28",
    discover_id=0,
    lists_prompts_and_resources=True,
    asks_path_issuer_at_root=True,
    resource_metadata_error=MetadataError.NEXT,
    server_metadata_error=MetadataError.NEXT,
    missing_metadata=MissingMetadata.GUESS_ENDPOINTS,
    issuer_check=IssuerCheck.TOLERATE,
    resource_check=ResourceCheck.SAME_HOST,
    registration=RegistrationOrder.GIVEN_CIMD_DCR,
    cimd_condition=CimdCondition.FLAG_AND_NONE,
    cimd_client_id="https://claude.ai/oauth/mcp-oauth-client-metadata",
    registration_body={
        "client_name": "Claude",
        "redirect_uris": [_REDIRECT_URI],
        "grant_types": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_post",
    },
    registers_scope=False,
    registration_answer=RegistrationAnswer.LENIENT,
    refused_grant=RefusedGrant.ASK_WITHOUT,
    given_client_auth="client_secret_post",
    client_auth=ClientAuth.AS_REGISTERED,
    s256_check=S256Check.IGNORE,
    redirect_uri=_REDIRECT_URI,
    authorize_order=(
        "response_type",
        "client_id",
        "redirect_uri",
        "code_challenge",
        "code_challenge_method",
        "state",
        "scope",
        "resource",
    ),
    prompts_for_offline_access=False,
    challenged_scope=True,
    offline_access=OfflineAccess.WHEN_LISTED,
    resource_without_metadata=True,
    resource_before_client=False,
    token_answer=TokenAnswer.LENIENT,
    unknown_client=UnknownClient.REGISTER_ANEW,
    callback_iss=CallbackIss.ACCEPT,
    fetches_metadata_again=True,
    step_up_scope=StepUpScope.CHALLENGED,
    discovery_timeout=10.0,
    token_timeout=10.0,
    refresh_timeout=30.0,
    connect_timeout=10.0,
    connect_retry_delays=(3.0, 7.0),
    provenance={
        "broker_headers": Provenance(
            f"{_TRACKER}217",
            "2026-04-23",
            Confidence.OBSERVED,
            "order of httpx 0.28.1; br and zstd in Accept-Encoding are reported by one log",
        ),
        "runtime_headers": Provenance(
            f"{_TRACKER}217", "2026-07-06", Confidence.OBSERVED, "order is a guess"
        ),
        "browser_headers": Provenance("Chromium 156", "2026-11-23", Confidence.MEASURED),
        "broker_extras_first": _GUESS,
        "runtime_header_order": Provenance(
            "nothing", "2026-11-23", Confidence.GUESS, "composed as httpx and the SDK compose it"
        ),
        "message_members": _GUESS,
        "empty_params": _GUESS,
        "first_stateless_id": _GUESS,
        "stream_accept": _GUESS,
        "ends_session": Provenance(f"{_TRACKER}99", "2026-03-24", Confidence.REPORTED),
        "needs_media_type": _GUESS,
        "refresh_voice": _GUESS,
        "own_headers_at": _GUESS,
        "runtime_discovery_headers": Provenance(
            f"{_TRACKER}76", "2026-03-01", Confidence.OBSERVED, "the broker alone reads them"
        ),
        "metadata_answer": _GUESS,
        "signs_in_at_403": Provenance(f"{_TRACKER}336", "2026-05-22", Confidence.REPORTED),
        "falls_back_to_sse": Provenance(f"{_TRACKER}380", "2026-05-30", Confidence.REPORTED),
        "resource_metadata_headers": Provenance(f"{_TRACKER}76", "2026-03-01", Confidence.OBSERVED),
        "server_metadata_headers": Provenance(f"{_TRACKER}76", "2026-03-01", Confidence.OBSERVED),
        "token_headers": Provenance(f"{_TRACKER}430", "2026-06-23", Confidence.OBSERVED),
        "signs_in": Provenance(_AUTH_DOCS, "2026-10-01", Confidence.DOCUMENTED),
        "opening": Provenance(
            "github.com/hauptsacheNet/typo3-mcp-server/issues/110",
            "2026-10-10",
            Confidence.OBSERVED,
            "the broker was not seen to send server/discover; "
            "the runtime's initialize after a refused discover is asked here in any case",
        ),
        "broker_client_info": Provenance(f"{_TRACKER}217", "2026-06-23", Confidence.OBSERVED),
        "runtime_client_info": Provenance(f"{_TRACKER}559", "2026-07-06", Confidence.OBSERVED),
        "runtime_capabilities": Provenance(
            f"{_TRACKER}217",
            "2026-07-06",
            Confidence.OBSERVED,
            "in initialize; the body of the hosted server/discover was never captured (guess)",
        ),
        "handshake_version": Provenance(f"{_TRACKER}430", "2026-06-23", Confidence.OBSERVED),
        "modern_version": Provenance(
            "github.com/hauptsacheNet/typo3-mcp-server/issues/110",
            "2026-08-19",
            Confidence.OBSERVED,
        ),
        "discover_id": _GUESS,
        "lists_prompts_and_resources": Provenance(
            f"{_TRACKER}442", "2026-09-22", Confidence.OBSERVED
        ),
        "only_port_443": Provenance(
            f"{_TRACKER}85",
            "2026-03-28",
            Confidence.CONTESTED,
            "staff said so once, and the opposite in another case; logs show 8443 and 10000",
        ),
        "asks_path_issuer_at_root": Provenance(
            f"{_TRACKER}82", "2026-05-12", Confidence.DOCUMENTED, "the order among forms is a guess"
        ),
        "missing_metadata": Provenance(f"{_TRACKER}82", "2026-08-31", Confidence.OBSERVED),
        "issuer_check": Provenance(
            _TROUBLE_DOCS,
            "2026-09-22",
            Confidence.CONTESTED,
            "documentation calls a mismatch a cause of failure; servers with one do connect",
        ),
        "resource_check": Provenance(f"{_TRACKER}560", "2026-07-08", Confidence.DOCUMENTED),
        "registration": Provenance(_AUTH_DOCS, "2026-10-01", Confidence.DOCUMENTED),
        "cimd_condition": Provenance(_AUTH_DOCS, "2026-10-01", Confidence.DOCUMENTED),
        "cimd_client_id": Provenance(
            "live document", "2026-09-29", Confidence.OBSERVED, "not fetched by this program"
        ),
        "registration_body": Provenance(f"{_TRACKER}1043", "2026-09-15", Confidence.OBSERVED),
        "refused_grant": Provenance(
            "github.com/better-auth/better-auth/issues/11081",
            "2026-09-04",
            Confidence.CONTESTED,
            "one report says Claude stops; the official Python SDK refuses the grant since "
            "mid 2026 and no report says its servers stopped working, so the run goes on and warns",
        ),
        "given_client_auth": Provenance(f"{_TRACKER}667", "2026-07-22", Confidence.REPORTED),
        "redirect_uri": Provenance(_AUTH_DOCS, "2026-10-01", Confidence.DOCUMENTED),
        "resource_metadata_error": Provenance(
            f"{_TRACKER}76", "2026-03-01", Confidence.GUESS, "the forms asked are observed"
        ),
        "server_metadata_error": Provenance(
            _TROUBLE_DOCS, "2026-08", Confidence.DOCUMENTED, "one answer with 200 is enough"
        ),
        "registers_scope": Provenance(f"{_TRACKER}1043", "2026-09-15", Confidence.OBSERVED),
        "registration_answer": Provenance(f"{_TRACKER}1043", "2026-09-15", Confidence.GUESS),
        "client_auth": Provenance(f"{_TRACKER}667", "2026-07-22", Confidence.REPORTED),
        "s256_check": Provenance(
            f"{_TRACKER}786", "2026-08", Confidence.CONTESTED, "one report of a stop"
        ),
        "authorize_order": Provenance(f"{_TRACKER}430", "2026-06-23", Confidence.OBSERVED),
        "prompts_for_offline_access": Provenance(
            f"{_TRACKER}430", "2026-06-23", Confidence.OBSERVED
        ),
        "resource_without_metadata": Provenance(
            f"{_TRACKER}478", "2026-06-21", Confidence.CONTESTED, "one log without it"
        ),
        "resource_before_client": Provenance(f"{_TRACKER}430", "2026-06-23", Confidence.GUESS),
        "challenged_scope": Provenance(_AUTH_DOCS, "2026-10-01", Confidence.DOCUMENTED),
        "token_answer": Provenance(_TROUBLE_DOCS, "2026-08", Confidence.GUESS),
        "retries_refused_code": _GUESS,
        "unknown_client": Provenance(
            "support.anthropic.com/en/articles/11503834",
            "2025-07",
            Confidence.DOCUMENTED,
            "that it registers again; whether in the same attempt is a guess",
        ),
        "early_refresh_below": Provenance(
            _AUTH_DOCS,
            "2026-10-01",
            Confidence.DOCUMENTED,
            "up to five minutes before the end, on a schedule and not before each call; "
            "the refresh of a run stands for that",
        ),
        "refresh_retry_delays": _GUESS,
        "server_scopes": Provenance(
            f"{_TRACKER}228", "2026-04-24", Confidence.CONTESTED, "two reports of the whole list"
        ),
        "offline_access": Provenance(
            f"{_TRACKER}42",
            "2026-02-09",
            Confidence.CONTESTED,
            "issue 840 (2026-08-12) says it is never added",
        ),
        "callback_iss": Provenance(
            "github.com/letehaha/budget-tracker/issues/551", "2026-09-01", Confidence.OBSERVED
        ),
        "fetches_metadata_again": Provenance(f"{_TRACKER}64", "2026-05-15", Confidence.OBSERVED),
        "step_up_scope": Provenance(
            "claude.com/docs/connectors/building/lazy-authentication",
            "2026-08-26",
            Confidence.CONTESTED,
            "issue 931 reports mcp_insufficient_scope and no step-up at all",
        ),
        "signs_in_again": Provenance(
            f"{_TRACKER}798", "2026-08-07", Confidence.OBSERVED, "the user has to reconnect"
        ),
        "discovery_timeout": Provenance(_AUTH_DOCS, "2026-10-01", Confidence.DOCUMENTED),
        "token_timeout": Provenance(_AUTH_DOCS, "2026-10-01", Confidence.DOCUMENTED),
        "refresh_timeout": Provenance(_AUTH_DOCS, "2026-10-01", Confidence.DOCUMENTED),
        "connect_timeout": Provenance(
            f"{_TRACKER}442", "2026-09-22", Confidence.OBSERVED, "first authenticated initialize"
        ),
        "connect_retry_delays": Provenance(
            f"{_TRACKER}442", "2026-06-25", Confidence.DOCUMENTED, "about 3 s, then 8 to 10 s"
        ),
    },
)
