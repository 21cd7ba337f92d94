"""Claude asks for the scope " offline_access", with a space in front of it.

What happens
    Neither the challenge nor the resource metadata names a scope, and the authorization server
    lists `offline_access`. claude.ai then sends `scope=+offline_access`: nothing, a space, and the
    added scope. A server that splits at every space finds a scope with an empty name and answers
    `invalid_scope`. Two reports show it, the last of June 2026; this program's own request has no
    such space, so only traffic of the real Claude shows the failure. Claude Code sends no scope at
    all in this case.

Why it breaks
    The list in front of the space is empty and joined as if it were not. RFC 6749 section 3.3
    allows no empty name, so the server is right, and stricter than most.

Fix
    Name at least one scope, in the challenge or in the resource metadata, then nothing empty is
    joined:

        WWW-Authenticate: Bearer scope="mcp", resource_metadata="https://..."

        "scopes_supported": ["mcp"]

    FastMCP puts the `required_scopes` of its token verifier into both, the Python SDK those of
    `AuthSettings` into the metadata, and the TypeScript SDK `requiredScopes` of `requireBearerAuth`
    into the challenge. Or let the authorization server drop empty names:

        scope.split(" ").filter(Boolean)      // JavaScript
        scope.split()                         # Python

    See what your server makes of it: the answer must be a sign-in page, or a redirect to one, and
    no `error=invalid_scope`:

        curl -siG https://YOUR-ISSUER/authorize \\
          -d response_type=code -d client_id=CLIENT-ID -d state=x \\
          -d code_challenge_method=S256 \\
          -d code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM \\
          --data-urlencode redirect_uri=https://claude.ai/api/mcp/auth_callback \\
          --data-urlencode 'scope= offline_access' | head -n 20
"""

from collections.abc import Iterator

from harness.diagnosis.browsing import answered_refusal, parameters
from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import measured
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.AUTHORIZE,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.NONE)},
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("authorize.answers", "callback.code"),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/453", seen="2026-06-16"),
        Source("github.com/modelcontextprotocol/mcpb/issues/188", seen="2026-02-11"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for asked in trace.at(Step.AUTHORIZE, Purpose.AUTHORIZE, exploration=False):
        scope = parameters(asked).get("scope", "")
        refused = answered_refusal(asked)
        if not scope.startswith(" ") or refused is None or refused.error != "invalid_scope":
            continue
        yield evidence(asked, "request.query.scope", f'"{scope}"', '"offline_access"')
        yield evidence(asked, "response", f"error=invalid_scope: {refused.said}", "a sign-in page")


@pattern.recording
def recording() -> Trace:
    back = "https://claude.ai/api/mcp/auth_callback"
    refused = "error=invalid_scope&error_description=Invalid+scopes%3A++offline_access&state=s-1"
    return traffic(
        recorded(
            Step.AUTHORIZE,
            "https://auth.example.com/authorize?response_type=code&client_id=c-1"
            "&redirect_uri=https%3A%2F%2Fclaude.ai%2Fapi%2Fmcp%2Fauth_callback&state=s-1"
            "&scope=+offline_access&resource=https%3A%2F%2Fmcp.example.com%2Fmcp",
            status=302,
            headers=(("Location", f"{back}?{refused}"),),
        ),
        recorded(Step.CALLBACK, f"{back}?{refused}", status=422),
    )
