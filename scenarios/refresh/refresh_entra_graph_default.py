"""Entra looks for the scopes at Microsoft Graph: AADSTS650053.

What happens
    The first sign-in worked. At a reconnect or a refresh Entra answers AADSTS650053: a scope does
    not exist on the resource `00000003-0000-0000-c000-000000000000`. That is Microsoft Graph, which
    nobody asked for. It can also come at the first sign-in, when the scopes have short names.

Why it breaks
    Entra v2.0 finds the resource in the scopes. A short name like `notes.read`, or a request with
    no scope, belongs to no application, and Entra takes it for one of Graph's. One report saw
    Claude leave the full names out when connecting again, from Claude Code and from a connector
    (open as of 2026-09-22); why was not found out.

Fix
    Write every scope in full, with the Application ID URI of your API in front, everywhere: in the
    challenge, in `scopes_supported` of the resource metadata, and in the connector's settings if
    you entered scopes there:

        "scopes_supported": ["api://YOUR-APP-ID/notes.read"]

    `openid`, `profile`, `email` and `offline_access` stay short. FastMCP's `AzureProvider` puts the
    Application ID URI in front by itself (`identifier_uri`, else `api://` and the client id).

    See what Claude reads:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq .scopes_supported
        curl -si -X POST https://YOUR-HOST/mcp | grep -i ^www-authenticate

    No scope of your API may be without `api://` in front. If it still happens, take the connector
    out and add it again, and keep the Trace ID and the time of the message for a report.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence
from harness.diagnosis.token_endpoint import form
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.REFRESH,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: Impact.BREAKS},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.OBSERVED,
    reports=1,
    explains=("authorize.answers", "callback.code", "token.issued", "refresh.accepted"),
    detectable=Detectable.TRAFFIC,
    sources=(Source("github.com/anthropics/claude-code/issues/89438", seen="2026-08-25"),),
)

GRAPH = "00000003-0000-0000-c000-000000000000"
_ERROR = re.compile(r"AADSTS650053[^\"<]{0,150}")
_LONGEST = 64 * 1024
_STEPS = (Step.AUTHORIZE, Step.LOGIN, Step.CALLBACK, Step.TOKEN, Step.REFRESH)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for exchange in trace.exchanges:
        for place, text in _said(exchange) if exchange.step in _STEPS else ():
            found = _ERROR.search(text)
            if found is not None and GRAPH in text:
                yield evidence(exchange, place, found.group())
                scope = form(exchange).get("scope", "(absent)")
                if exchange.step is Step.REFRESH:
                    yield evidence(exchange, "request.body.scope", scope, "full scope names")
                return


def _said(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """The places where Entra tells a client or a person what is wrong."""
    yield "request.url", unquote_plus(exchange.request.url)
    if exchange.response is not None:
        yield "response.header.location", unquote_plus(exchange.response.header("location") or "")
        yield "response.body", exchange.response.text[:_LONGEST]


@pattern.recording
def recording() -> Trace:
    return traffic(
        recorded(
            Step.REFRESH,
            "https://login.microsoftonline.com/common/oauth2/v2.0/token",
            method="POST",
            body=b"grant_type=refresh_token&refresh_token=rt-1&client_id=app-1",
            status=400,
            headers=(("Content-Type", "application/json; charset=utf-8"),),
            answer=b'{"error":"invalid_grant","error_description":"AADSTS650053: The application'
            b" 'Notes' asked for scope 'notes.read' that doesn't exist on the resource"
            b" '00000003-0000-0000-c000-000000000000'. Contact the app vendor.\"}",
        ),
    )
