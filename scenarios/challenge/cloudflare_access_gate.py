"""Cloudflare Access answers before the server does.

What happens
    An application of Cloudflare Access covers the host. Claude's requests are redirected to
    `cloudflareaccess.com` or refused with 401 or 403, and never reach the MCP server. Claude finds
    no challenge it understands, or no metadata, and stops without a sign-in page, or says that it
    could not register.

Why it breaks
    Access asks for a login of its own, by a cookie that only a browser can earn. Its challenge has
    the scheme `Cloudflare-Access`, and not `Bearer`. With Managed OAuth, Access itself plays the
    authorization server; reports of that with claude.ai go both ways, mostly failing, and nobody
    has shown the cause. In one of them Claude Code connected to the same URL.

Fix
    Let the server do OAuth, and take the machine paths out of Access: in Zero Trust, add an
    application for each of these paths with a policy whose action is Bypass and whose rule is
    Everyone:

        YOUR-HOST/mcp
        YOUR-HOST/.well-known/
        YOUR-HOST/register
        YOUR-HOST/token

    The page where the user signs in (`/authorize`) may stay behind Access: the browser passes it.

    A service token is no way around by itself: Claude sends its two headers (`CF-Access-Client-Id`
    and `CF-Access-Client-Secret`) only where somebody enters them as request headers of the
    connector (beta), and no report says that this works.

    Neither of these may show an Access header or its login:

        curl -si -X POST https://YOUR-HOST/mcp \\
          | grep -iE 'cf-access|cloudflareaccess'
        curl -si https://YOUR-HOST/.well-known/oauth-protected-resource \\
          | grep -iE 'cf-access|cloudflareaccess'
"""

from collections.abc import Iterator

from harness.diagnosis.network import by_claude
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Response, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import UrlError, host
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.OBSERVED,
    reports=6,
    explains=(
        "reach.redirected",
        "challenge.401",
        "challenge.bearer",
        "challenge.both-voices",
        "challenge.no-host-redirect",
        "challenge.page-may-call",
        "resource-metadata.found",
        "resource-metadata.path-form",
        "server-metadata.found",
        "server-metadata.json",
        "registration.accepted",
        "token.issued",
        "connect.accepted",
    ),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/410", seen="2026-06-07"),
        Source("github.com/anthropics/claude-ai-mcp/issues/478", seen="2026-06-21"),
        Source("github.com/anthropics/claude-ai-mcp/issues/741", seen="2026-07-31"),
        Source("github.com/anthropics/claude-ai-mcp/issues/992", seen="2026-09-06"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    stopped = [one for one in by_claude(trace) if one.response and _sign(one.response)]
    for one in stopped[:1]:
        name = _sign(one.response) if one.response else None
        if one.response is not None and name is not None:
            yield evidence(one, f"response.header.{name}", one.response.header(name))
    for one in stopped:
        yield status_evidence(one, f"an answer of {one.request.url}")


def _sign(response: Response) -> str | None:
    """The header by which an answer is known to be one of Access."""
    location = response.header("location") or ""
    if response.is_redirect and (_to_access(location) or "/cdn-cgi/access/" in location):
        return "location"
    challenges = response.header_lines("www-authenticate")
    if any(one.lower().startswith("cloudflare-access") for one in challenges):
        return "www-authenticate"
    refused = response.status in (401, 403)
    return "cf-access-domain" if refused and response.header("cf-access-domain") else None


def _to_access(location: str) -> bool:
    try:
        return host(location).endswith(".cloudflareaccess.com")
    except UrlError:
        return False


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """An application for the MCP path whose only policy is for service tokens."""
    # Preflights pass where the application says "Bypass OPTIONS requests to origin".
    if asked.path.rstrip("/") != "/mcp" or asked.method == "OPTIONS":
        return answer
    headers = (
        ("Content-Type", "text/html; charset=UTF-8"),
        ("Server", "cloudflare"),
        ("CF-Access-Aud", "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2"),
        ("CF-Access-Domain", "mcp.reference.test/mcp"),
    )
    page = b"<!DOCTYPE html><html><head><title>Error - Cloudflare Access</title></head></html>"
    return Answer(403, headers, page)
