"""The token lacks a scope that the MCP server needs and never named.

What happens
    The user consents, a token is issued, and the MCP server refuses the very first call with it:
    the scope is not enough. Claude asked for everything it was told to ask for, and says that
    authorization failed.

Why it breaks
    Claude asks for the scopes of the 401 challenge, or else for those of the resource metadata, and
    for no others. The one that the server checks for is in neither. Or the list is right, and the
    authorization server grants less of it than was asked for, which it has to say in the token
    answer (RFC 6749 section 3.3). Salesforce's hosted servers were reported with `sfap_api`
    missing; those reports were closed without a stated cause.

Fix
    Name everything that the first call needs, in the metadata and in the challenge. Claude Code was
    measured to read the metadata alone:

        "scopes_supported": ["api", "sfap_api"]

        WWW-Authenticate: Bearer scope="api sfap_api",
          resource_metadata="https://YOUR-HOST/..."

    TypeScript SDK: the same list as `requiredScopes` of `requireBearerAuth` and as
    `scopesSupported` of `mcpAuthMetadataRouter`. Python SDK: `required_scopes` of `AuthSettings` is
    checked and published.

    Where the authorization server granted less, allow the scope for the client there (Salesforce:
    among the OAuth scopes of the external client app).

    Compare what the server's check wants with what is published:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq .scopes_supported
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.browsing import asked_scopes
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.challenge import bearer
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import edited, is_resource_metadata, without_challenged_scope
from scenarios.effects import inferred, with_a_token

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: inferred(Impact.BREAKS),
        Surface.MESSAGES_API: with_a_token(Impact.ADVISORY),
    },
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.OBSERVED,
    reports=4,
    explains=("connect.accepted",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/420", seen="2026-07-06"),
        Source("github.com/anthropics/claude-ai-mcp/issues/280", seen="2026-05-11"),
        Source("github.com/anthropics/claude-ai-mcp/issues/184", seen="2026-04-16"),
        Source("github.com/anthropics/claude-ai-mcp/issues/171", seen="2026-04"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    issued = trace.last(Step.TOKEN, Purpose.TOKEN)
    called = trace.last(Step.CONNECT, Purpose.INITIALIZE)
    if issued is None or called is None or called.response is None:
        return
    if called.status not in (401, 403) or called.request.header("authorization") is None:
        return
    challenge = bearer(called.response.header_lines("www-authenticate"))
    if challenge is None or challenge.params.get("error") == "invalid_token":
        return
    needed = challenge.params.get("scope", "").split()
    document = issued.json_object or {}
    granted = document.get("scope")
    has = granted.split() if isinstance(granted, str) else list(asked_scopes(trace))
    missing = [one for one in needed if one not in has]
    if has and missing:
        yield status_evidence(called, "200")
        yield evidence(called, "response.header.www-authenticate", f'scope="{" ".join(needed)}"')
        place = "response.body.scope" if isinstance(granted, str) else "response.body"
        yield evidence(issued, place, " ".join(has), f"with {' '.join(missing)}")


@pattern.settings
def settings() -> Mapping[str, object]:
    """Every call needs both scopes."""
    return {"scopes": ("notes:read", "notes:write")}


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """Only one of them is published."""
    if is_resource_metadata(asked):
        return edited(answer, lambda found: {**found, "scopes_supported": ["notes:read"]})
    return without_challenged_scope(answer) if answer.status == 401 else answer
