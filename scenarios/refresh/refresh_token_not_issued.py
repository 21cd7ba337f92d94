"""No refresh token was issued, so the connection ends with the token.

What happens
    Everything works, until the access token expires. Then the user reads that the connection has
    expired and has to sign in again, every hour with many providers. Some pages still say
    "connected".

Why it breaks
    Without a refresh token Claude cannot get another access token. Many providers issue one only
    for the scope `offline_access`. Claude adds that scope of its own accord, but only where the
    authorization server lists it (announced in February 2026; one report of August 2026 says that
    it was not added). Claude Code adds it too, but only beside another scope. Others do not allow
    the client the grant `refresh_token`.

Fix
    List the scope in the authorization server's metadata, and issue a refresh token to clients that
    register for that grant:

        "scopes_supported": ["...", "offline_access"],
        "grant_types_supported": ["authorization_code", "refresh_token"]

    Name your API's scopes in the resource metadata, so that Claude Code has one to begin with.

    Auth0: switch Allow Offline Access on for the API. Entra: its metadata lists the scope; name
    yours in full. better-auth's OAuth provider: `offline_access` has to be among the client's
    scopes. Google takes `access_type=offline` instead, which Claude does not send, so a server of
    yours in between has to; FastMCP's `GoogleProvider` does. Cognito issues one without the scope
    and refuses to be asked for it: do not list it there. If you cannot issue one, let access tokens
    live longer, a day or more.

    See what the authorization server lists:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq '.scopes_supported, .grant_types_supported'

    `offline_access` and `refresh_token` have to be there. Then connect again: the token that was
    issued before does not change.
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.browsing import asked_scopes
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, used
from harness.diagnosis.token_endpoint import ends_for_good, lifetime, published
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import without
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REFRESH,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: inferred(Impact.DEGRADES)},
    claude_shows=Shows.CONNECTION_EXPIRED,
    confidence=Confidence.DOCUMENTED,
    reports=4,
    explains=("refresh.possible",),
    sources=(
        Source("claude.com/docs/connectors/building/authentication", seen="2026-10-01"),
        Source("github.com/anthropics/claude-ai-mcp/issues/42", seen="2026-02-09"),
        Source("github.com/anthropics/claude-ai-mcp/issues/253", seen="2026-05-01"),
        Source("github.com/anthropics/claude-ai-mcp/issues/840", seen="2026-08-12"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = ends_for_good(trace)
    if answer is None:
        return
    yield evidence(answer, "response.body.refresh_token", "(absent)", "a refresh token")
    yield evidence(answer, "response.body.expires_in", f"{lifetime(answer):g} s")
    listed, metadata = published(trace, "scopes_supported"), used(trace, Step.SERVER_METADATA)
    unlisted = isinstance(listed, list) and "offline_access" not in listed
    if metadata is not None and unlisted and "offline_access" not in asked_scopes(trace):
        yield evidence(metadata, "response.body.scopes_supported", listed, "offline_access too")


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"scopes_supported": ("notes:read", "notes:write")}


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """Who did not ask for `offline_access` gets no refresh token."""
    return without(answer, "refresh_token") if asked.path.endswith("/oauth/token") else answer
