"""The token is for another audience than the MCP server.

What happens
    The sign-in succeeds and a token is issued, but its `aud` claim does not name the MCP server,
    which refuses it with 401. Claude refreshes once, gets a token of the same kind, and gives up.
    The user reads that the integration rejected the credentials.

Why it breaks
    Claude asks for a token for the MCP URL (`resource`, RFC 8707), and the server has to take only
    tokens that were issued for it (RFC 9068 section 4). Many identity providers ignore `resource`
    and put something of their own into `aud`: Supabase writes `authenticated`, Keycloak nothing at
    all for clients that registered themselves, others the client id.

Fix
    Best at the provider: register the MCP URL as an API or resource, or add an audience mapper
    (Keycloak: a client scope with an audience mapper, made a default scope of the realm), so that
    `aud` holds the exact MCP URL.

    Where the provider cannot do that, let the MCP server accept the audience that is really issued.
    Only do so if the provider issues that audience for this server alone: the check keeps tokens
    for other services out.
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, status_evidence
from harness.model.trace import Json, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    claude_shows=Shows.CREDENTIALS_REJECTED,
    confidence=Confidence.DOCUMENTED,
    explains=("connect.accepted",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/299", seen="2026-05-19"),
        Source("github.com/supabase/auth/issues/2610", seen="2026-07-02"),
        Source("github.com/agentic-community/mcp-gateway-registry/issues/1117", seen="2026-05-24"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    issued = trace.last(Step.TOKEN, Purpose.TOKEN)
    called = trace.last(Step.CONNECT, Purpose.INITIALIZE)
    resource = trace.decision(Step.AUTHORIZE, "resource")
    if issued is None or called is None or not isinstance(resource, str):
        return
    # Where a redirect has lost the token, its audience was never looked at.
    if called.status != 401 or called.request.header("authorization") is None:
        return
    if issued.token is not None and issued.token.kind == "jwt":
        audience = issued.token.claims.get("aud")
        if resource.rstrip("/") not in _audiences(audience):
            found = "(absent)" if audience is None else audience
            yield evidence(issued, "token.aud", found, resource)
            yield status_evidence(called, "200")
            challenge = called.response.header("www-authenticate") if called.response else None
            if challenge is not None:
                yield evidence(called, "response.header.www-authenticate", challenge)


def _audiences(audience: Json) -> set[str]:
    """Without closing slashes: a difference in the slash alone is another failure."""
    values = audience if isinstance(audience, list) else [audience]
    return {one.rstrip("/") for one in values if isinstance(one, str)}


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"token_audience": "authenticated"}
