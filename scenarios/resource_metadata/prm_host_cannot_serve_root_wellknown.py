"""The hosting keeps the root of the host, and the challenge names no other place.

What happens
    The MCP server lies below a prefix of a platform, as in `/functions/v1/mcp`. The well-known
    addresses stand at the root of the host, where the platform itself answers 404. The 401 has no
    `resource_metadata`, so Claude learns of no other place, takes the host for the authorization
    server, and fails there. The real one sees no request.

Why it breaks
    A client puts the well-known name between host and path (RFC 9728 section 3.1). Supabase Edge
    Functions, API Gateway stages, Cloud Functions and other shared hosts give a tenant only what is
    below the prefix. No code in your function can answer at the root.

Fix
    Serve the document where you can, below the prefix or on another https host, and name that
    address in every 401 (RFC 9728 section 5.1):

        const at = "https://YOUR-HOST/functions/v1/mcp/oauth-protected-resource";
        return new Response("Unauthorized", {
          status: 401,
          headers: { "WWW-Authenticate": `Bearer resource_metadata="${at}"` },
        });

    Its `resource` is the URL exactly as users enter it, prefix included. On Supabase the platform
    answers 401 before your code runs unless the function is deployed with `--no-verify-jwt`
    (`verify_jwt = false` in `config.toml`); newer releases of `@supabase/server` have
    `withOAuthProtectedResource`, which serves the document and completes the 401. A custom domain
    whose root is yours is the other way. The 401 has to name an address, and the address has to
    answer 200 with JSON:

        curl -si -X POST https://YOUR-HOST/functions/v1/mcp \\
          | grep -i '^www-authenticate'
        curl -i https://YOUR-HOST/functions/v1/mcp/oauth-protected-resource
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    body_evidence,
    evidence,
    opening,
    status_evidence,
    stock_404s,
)
from harness.model.answer import Answer, Asked
from harness.model.challenge import bearer
from harness.model.trace import Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import measured

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.DOCUMENTED,
    reports=5,
    explains=(
        "challenge.bearer",
        "challenge.pointer",
        "resource-metadata.found",
        "resource-metadata.path-form",
        "server-metadata.found",
        "registration.accepted",
    ),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/199", seen="2026-05-09"),
        Source("github.com/anthropics/claude-ai-mcp/issues/457", seen="2026-07-23"),
        Source("github.com/anthropics/claude-ai-mcp/issues/106", seen="2026-03-21"),
        Source("github.com/denull0/xbloom-agent/issues/6", seen="2026-08-01"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer is None or answer.response is None or answer.status != 401:
        return
    lines = answer.response.header_lines("www-authenticate")
    challenge = bearer(lines)
    forms = stock_404s(trace)
    if not forms or (challenge is not None and "resource_metadata" in challenge.params):
        return
    found = ", ".join(lines) or "(absent)"
    yield evidence(answer, "response.header.www-authenticate", found, "resource_metadata=...")
    for one in forms:
        yield status_evidence(one, f"200 at {one.request.url}")
    yield body_evidence(forms[-1])


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"resource": "https://mcp.reference.test/functions/v1/mcp"}


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The platform owns what is outside the prefix; the function knows no metadata to name."""
    inside = asked.path.startswith("/functions/v1/")
    if asked.url.startswith("https://mcp.reference.test/") and not inside:
        stock = b'{"error":"requested path is invalid"}'
        return Answer(404, (("Content-Type", "application/json"),), stock)
    if answer.status != 401 or not inside:
        return answer
    return answer.with_header("WWW-Authenticate", "Bearer")
