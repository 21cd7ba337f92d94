"""No endpoint takes a POST at the URL that was entered.

What happens
    The first request is answered 404 or 405: at this path nothing speaks MCP. Claude starts no
    sign-in and says that it could not reach the server, or that no MCP server was found at the URL.
    Claude Code tries the old transport there too, and says "MCP endpoint not found at" the host, or
    "Failed to connect" with the status.

Why it breaks
    Claude posts to exactly the URL that was entered and tries no other path. Usual reasons: the
    host was entered without `/mcp`; the route exists for GET alone; a proxy takes a prefix away or
    hands only some paths on; the deployment mounts the endpoint elsewhere (`/`, `/api/mcp`).

Fix
    Enter the URL with its path, as the server's documentation or its start-up log names it. The
    Python SDK and FastMCP serve `/mcp` unless told otherwise; `mcp-handler` of Vercel serves
    `/api/mcp` where its file is `app/api/[transport]/route.ts`.

    404 "Cannot POST" comes from Express and means that the route is missing; 405 means that the
    path exists for other methods. If the route is right inside, look at the proxy's path rules. A
    `proxy_pass http://BACKEND/` of nginx, with the slash, takes the prefix away.

    Find the path that answers 401, or something else than 404 and 405 where no sign-in is needed:

        for p in /mcp / /mcp/ /api/mcp /sse; do
          curl -s -o /dev/null -w "$p %{http_code}\\n" -X POST https://YOUR-HOST$p
        done

    The resource metadata has to name the same URL (RFC 9728 section 3.3).
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, status_evidence, straight_opening
from harness.model.answer import Asked
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import measured
from scenarios.wrong_address import is_legacy_sse, is_web_page

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.REPORTED,
    reports=4,
    explains=("challenge.401", "resource-metadata.path-form", "server-metadata.found"),
    sources=(
        Source("github.com/jimprosser/obsidian-web-mcp/issues/1", seen="2026-03-21"),
        Source("github.com/jimprosser/obsidian-web-mcp/issues/19", seen="2026-05-11"),
        Source("github.com/modelcontextprotocol/typescript-sdk/issues/445", seen="2025-05"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = straight_opening(trace)
    if answer is None or answer.status not in (404, 405):
        return
    if is_legacy_sse(trace) or is_web_page(trace):
        return
    yield status_evidence(answer, "401")
    yield evidence(answer, "request.url", answer.request.url)
    yield body_evidence(answer)
    other = _beside(trace)
    if other is not None:
        yield evidence(other, "response.status", f"{other.status} at {other.request.url}")


def _beside(trace: Trace) -> Exchange | None:
    """The endpoint at the same URL with its closing slash added or taken away."""
    found = trace.last(Step.CHALLENGE, Purpose.OTHER_SLASH)
    return found if found is not None and found.status in (200, 401) else None


@pattern.request
def request(asked: Asked) -> Asked:
    """The proxy takes the prefix away, and the server knows no such path."""
    if not asked.path.startswith("/mcp"):
        return asked
    return replace(asked, url=asked.url.replace(".test/mcp", ".test", 1))
