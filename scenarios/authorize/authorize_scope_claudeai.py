"""Claude asks for a scope of its own, claudeai, and the server refuses it.

What happens
    The registration or the authorization request names the scope `claudeai`. The server does not
    know it and refuses with `invalid_scope` or `invalid_client_metadata`. It was last reported in
    March 2026; this program does not send the scope, so only traffic of the real Claude shows it.
    Claude Code sends no scope where none is published.

Why it breaks
    Where a server published no scopes, Claude filled in a name that means something on its own
    side alone. A server may leave out scopes it does not know and say so in its answer (RFC 6749
    section 3.3, RFC 7591 section 3.2.1), but this one refuses the whole request.

Fix
    Publish the scopes you have, so that nothing needs to be filled in:

        "scopes_supported": ["notes:read"]

    in the resource metadata, or `scope="notes:read"` in the 401 challenge. In the Python SDK and in
    FastMCP that is `required_scopes`, in the TypeScript SDK's routers `scopesSupported`. And let
    the server drop unknown scopes instead of refusing them; the token answer then names what was
    granted. The Python SDK's registration refuses every scope that is not in `valid_scopes` of
    `ClientRegistrationOptions`; without that list it takes any.

    This has to print your scopes:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq .scopes_supported
"""

from collections.abc import Iterator

from harness.diagnosis.browsing import answered_refusal, parameters
from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import measured
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.AUTHORIZE,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.NONE)},
    confidence=Confidence.REPORTED,
    reports=3,
    explains=("registration.accepted", "authorize.answers", "callback.code"),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/stainless-api/mcp-front/issues/11", seen="2025-06-22"),
        Source("github.com/anthropics/claude-ai-mcp/issues/124", seen="2026-03-28"),
        Source(
            "github.com/modelcontextprotocol/modelcontextprotocol/issues/653", seen="2025-06-05"
        ),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for asked in trace.exchanges:
        place, scope = _scope(asked)
        refused = answered_refusal(asked)
        if "claudeai" in scope.split() and refused is not None and "invalid_" in refused.error:
            yield evidence(asked, place, scope, "a scope the server has published, or none")
            text = f"error={refused.error}: {refused.said}"
            yield evidence(asked, "response", text, "the scope left out")


def _scope(asked: Exchange) -> tuple[str, str]:
    """Where a registration or an authorization request names its scope, and the scope."""
    if asked.purpose is Purpose.REGISTER:
        scope = (asked.request.json_object or {}).get("scope")
        return "request.body.scope", scope if isinstance(scope, str) else ""
    if asked.purpose is Purpose.AUTHORIZE:
        return "request.query.scope", parameters(asked).get("scope", "")
    return "", ""


@pattern.recording
def recording() -> Trace:
    back = "https://claude.ai/api/mcp/auth_callback"
    refused = "error=invalid_scope&error_description=unknown+scope+claudeai&state=s-1"
    return traffic(
        recorded(
            Step.AUTHORIZE,
            "https://auth.example.com/authorize?response_type=code&client_id=c-1"
            "&redirect_uri=https%3A%2F%2Fclaude.ai%2Fapi%2Fmcp%2Fauth_callback&state=s-1"
            "&scope=claudeai",
            status=302,
            headers=(("Location", f"{back}?{refused}"),),
        ),
        recorded(Step.CALLBACK, f"{back}?{refused}", status=422),
    )
