"""The access token expired, and no refresh request was seen.

What happens
    A refresh token was issued. The access token expires, the MCP server answers 401, and no
    `grant_type=refresh_token` arrives. The tools vanish, and the user has to connect again, every
    hour or every day.

Why it breaks
    Claude is documented to renew up to five minutes before the end, and after a 401. Several
    operators report that it does not (open as of 2026-09-22); Anthropic's staff answered one of
    them that it does, another operator saw a token of one minute renewed twelve times in a row
    without a single 401, and Claude Code was measured to renew. So the cause is open: look at the
    server's side before you call it a fault of Claude. The refresh goes to the `token_endpoint`,
    which may be the identity provider's, an edge can take it, and an expired token that is answered
    with 403 or 500 instead of 401 starts nothing.

Fix
    Look first in the log of the host that owns `token_endpoint`, and of the edge before it. Then
    see that an expired token gets 401 with this header (RFC 6750 section 3.1):

        WWW-Authenticate: Bearer error="invalid_token", resource_metadata="..."

    See that `expires_in` is what the token really lives, that the refresh token outlives it, and
    that a check of this server gets through its refresh step.

    If all that is right, let access tokens live for a day as a stopgap. FastMCP's OAuth proxy, then
    Cloudflare's `workers-oauth-provider`:

        fastmcp_access_token_expiry_seconds=86400

        accessTokenTTL: 86400,

    Send a token whose time is over:

        curl -si -X POST -H 'Authorization: Bearer EXPIRED' \\
          https://YOUR-HOST/mcp | grep -i -e ^http -e ^www-authenticate

    It has to print 401 and the header. Report what remains with the time in UTC of the token, of
    the 401, and of the next request.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, simulated, status_evidence
from harness.diagnosis.token_endpoint import code_answer, document, form, issued, lifetime
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import measured
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.REFRESH,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: measured(Impact.NONE)},
    claude_shows=Shows.CONNECTION_EXPIRED,
    confidence=Confidence.CONTESTED,
    reports=5,
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/228", seen="2026-05-19"),
        Source("github.com/anthropics/claude-ai-mcp/issues/247", seen="2026-05-01"),
        Source("github.com/anthropics/claude-ai-mcp/issues/702", seen="2026-07-26"),
        Source("github.com/dmalis/dropthis/issues/20", seen="2026-09-03"),
        Source("github.com/anthropics/claude-ai-mcp/issues/653", seen="2026-07-21"),
        Source(
            "github.com/modelcontextprotocol/modelcontextprotocol/issues/2680", seen="2026-05-06"
        ),
    ),
)

PATIENCE = 60
"""Seconds of traffic after the 401 without which nothing can be said."""


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = code_answer(trace)
    if simulated(trace) or answer is None or not issued(answer):
        return
    seconds, end = lifetime(answer), trace.exchanges[-1].started
    if seconds is None or not document(answer).get("refresh_token"):
        return
    later = [one for one in trace.exchanges if one.n > answer.n]
    refused = next((one for one in later if _expired(one, answer.started + seconds)), None)
    # Whoever renewed or signed in again after the token did not leave it at that.
    renewed = any(form(one).get("grant_type") for one in later)
    if refused is not None and not renewed and end - refused.started >= PATIENCE:
        yield evidence(answer, "response.body.expires_in", f"{seconds:g} s")
        yield status_evidence(refused, "a refresh before or after it")


def _expired(call: Exchange, end: float) -> bool:
    """True for a call with a token that was refused because the token's time was over."""
    bearer = (call.request.header("authorization") or "").lower().startswith("bearer")
    return call.status == 401 and bearer and call.started >= end


@pattern.recording
def recording() -> Trace:
    bearer = (("Authorization", "Bearer at-1"), ("User-Agent", "Claude-User"))
    mcp = "https://mcp.example.com/mcp"
    return traffic(
        recorded(
            Step.TOKEN,
            "https://auth.example.com/token",
            method="POST",
            body=b"grant_type=authorization_code&code=c-1&client_id=app-1",
            answer=b'{"access_token":"at-1","token_type":"Bearer","expires_in":3600,'
            b'"refresh_token":"rt-1"}',
        ),
        recorded(Step.CONNECT, mcp, method="POST", sent=bearer),
        recorded(Step.SESSION, mcp, method="POST", sent=bearer, status=401, at=3700.0),
        recorded(Step.SESSION, mcp, method="POST", sent=bearer, status=401, at=4300.0),
    )
