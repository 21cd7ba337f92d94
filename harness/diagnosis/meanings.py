"""What the words mean that Claude shows its user, or puts into the address it returns to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.model.trace import Step

_BEFORE = (Step.REACH, Step.CHALLENGE, Step.RESOURCE_METADATA, Step.SERVER_METADATA)


@dataclass(frozen=True)
class Meaning:
    """What some words say: where it failed, likeliest step first, and the first suspects."""

    text: str
    steps: tuple[Step, ...] = ()
    ids: tuple[str, ...] = ()


PARAMETERS: Mapping[tuple[str, str], Meaning] = {
    ("step", "start_error"): Meaning(
        "it failed before the browser left for the sign-in page: the server was not reached, its "
        "metadata not found, or the registration refused",
        (*_BEFORE, Step.REGISTRATION),
        ("zero-inbound-start-error",),
    ),
    ("step", "end_error"): Meaning(
        "the sign-in page was passed; the token request or the first call with the token failed",
        (Step.TOKEN, Step.CONNECT),
        ("edge-blocks-claude-user-agent", "bearer-audience-mismatch"),
    ),
    ("step", "success"): Meaning("Claude takes the connection for established", (Step.SESSION,)),
    ("oauth_error", "McpAuthorizationError"): Meaning(
        "a token was issued, and the first call with it was answered 401 or 403",
        (Step.CONNECT,),
        ("edge-blocks-claude-user-agent", "bearer-audience-mismatch"),
    ),
    ("oauth_error", "McpServerError"): Meaning(
        "a token was issued, and the first call with it got a server error or no MCP answer",
        (Step.CONNECT, Step.SESSION),
    ),
    ("oauth_error", "unauthorized_client"): Meaning(
        "the token endpoint refused the client: a wrong secret, or another way to authenticate",
        (Step.TOKEN,),
        ("token-static-secret-wrong",),
    ),
    ("error_code", "mcp_registration_failed"): Meaning(
        "registration failed, or something before it that led to a wrong registration address",
        (Step.REGISTRATION, *_BEFORE),
        ("dcr-redirect-host-rejected", "dcr-endpoint-404"),
    ),
    ("error_code", "mcp_token_exchange_failed"): Meaning(
        "the token endpoint did not give a token", (Step.TOKEN,)
    ),
    ("error_code", "mcp_client_invalid"): Meaning(
        "the client Claude registered earlier is not known to the server any more",
        (),
        ("dcr-stale-client-cached-by-claude", "dcr-clients-not-persisted"),
    ),
    ("error_code", "mcp_auth_start_failed"): Meaning(
        "the sign-in could not be started",
        (*_BEFORE, Step.REGISTRATION),
        ("zero-inbound-start-error", "api-key-server-401"),
    ),
    ("error_code", "mcp_insufficient_scope"): Meaning(
        "a call asked for a scope that the token lacks",
        (Step.STEP_UP,),
        ("step-up-403-ignored",),
    ),
    ("oauth_error_subtype", "provider_redirect"): Meaning(
        "the authorization server sent the browser back with an error",
        (Step.CALLBACK,),
        ("callback-error-without-code",),
    ),
}

# Texts that are no longer shown, or only in one app, with the date they were last reported.
TEXTS: tuple[tuple[re.Pattern[str], Meaning], ...] = (
    (
        re.compile(r"there was an error connecting", re.IGNORECASE),
        Meaning(
            "an older text (2025) for a server that Claude could not start a sign-in with: what "
            "is `Couldn't reach the MCP server` and step=start_error today",
            (*_BEFORE, Step.REGISTRATION),
            (
                "prm-requires-auth",
                "cross-host-redirect-drops-auth",
                "vercel-security-checkpoint",
                "edge-js-challenge-on-discovery",
                "cors-browser-clients",
            ),
        ),
    ),
    (
        re.compile(
            r"failed to (generate authorization url|start mcp authorization)", re.IGNORECASE
        ),
        Meaning(
            "the sign-in could not be started, mostly because no metadata of the authorization "
            "server was found (reported April to July 2026, the first text on iOS)",
            (Step.SERVER_METADATA, Step.RESOURCE_METADATA, Step.REGISTRATION),
            ("as-path-issuer-wellknown",),
        ),
    ),
    (
        re.compile(r"may not be available right now due to a temporary error", re.IGNORECASE),
        Meaning(
            "a token was issued, and the first call with it got a server error or no MCP answer "
            "(reported May 2026)",
            (Step.CONNECT, Step.SESSION),
        ),
    ),
    (
        re.compile(r"has a server configuration issue", re.IGNORECASE),
        Meaning(
            "a verdict that Claude keeps for the URL after an earlier failure (reported June 2026)",
            (),
            ("connector-cached-failure",),
        ),
    ),
    (
        re.compile(r"\binvalid_client\b", re.IGNORECASE),
        Meaning(
            "the token endpoint does not know the client_id any more, or does not take the way the "
            "client authenticates",
            (),
            (
                "dcr-stale-client-cached-by-claude",
                "dcr-clients-not-persisted",
                "token-static-secret-wrong",
                "token-auth-method-unsupported-other",
                "token-client-secret-basic-only",
                "cimd-document-not-fetchable",
            ),
        ),
    ),
    (
        re.compile(r"\bstart_error\b", re.IGNORECASE),
        PARAMETERS["step", "start_error"],
    ),
)

DISPROVED = (
    (
        re.compile(r"\bcookies?\b", re.IGNORECASE),
        "Browser cookies were suspected and ruled out by the one who reported them "
        "(github.com/anthropics/claude-ai-mcp/issues/683).",
    ),
    (
        re.compile(r"\btoken_type\b|\bbearer\b.*\b(case|casing|lower)", re.IGNORECASE),
        "The letter case of token_type is no cause: Bearer and bearer both stand in working "
        "connections (github.com/anthropics/claude-ai-mcp/issues/690).",
    ),
    (
        re.compile(r"\bregistration_client_uri\b", re.IGNORECASE),
        "registration_client_uri is not needed; servers without it work.",
    ),
    (
        re.compile(r"\b200\b.*\b201\b|\b201\b.*\b200\b", re.IGNORECASE),
        "Registration may answer 200 or 201; both lead on.",
    ),
)
