"""The MCP URL redirects to itself with another closing slash.

What happens
    `/mcp` answers with a redirect to `/mcp/`, or the other way round. With 307 or 308 on the same
    host Claude was seen to follow, token included; so was Claude Code. With 301 or 302 the POST
    becomes a GET, and the connection breaks. Several servers could not be connected until the
    redirect was gone; Claude Code said "Got new credentials, but reconnecting failed".

Why it breaks
    Frameworks redirect to the spelling of the route: Starlette for a `Mount`, FastAPI with
    `redirect_slashes`, Django with `APPEND_SLASH`, Next.js by `trailingSlash`, nginx (with 301) for
    a `location /mcp/` that passes to a backend. Every call then costs two requests, and each proxy
    between may turn the redirect into something worse: into `http://`, into an inner host name,
    into 301. The URL in the metadata differs from the real one by the slash too.

Fix
    Serve the spelling without the slash, and without a redirect: Claude's dialog takes a closing
    slash away from what the user enters (seen in September 2026), so `/mcp/` may not be enterable.

    FastMCP in FastAPI: mount at the root, with the path inside.

        mcp_app = mcp.http_app(path="/mcp")
        app = FastAPI(lifespan=mcp_app.lifespan)
        app.mount("/", mcp_app)  # last, it takes every path

    Starlette: `Route("/mcp", endpoint=...)` in place of `Mount("/mcp", ...)`. Django:
    `path("mcp", ...)`. Next.js: `skipTrailingSlashRedirect: true` in its configuration. nginx, next
    to the other location:

        location = /mcp { proxy_pass http://BACKEND; }

    `resource` in the metadata has the same spelling. No 3xx here:

        curl -si -X POST https://YOUR-HOST/mcp | head -n 1
"""

from collections.abc import Iterator
from urllib.parse import urljoin

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, first_contact, opening, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import difference
from scenarios.effects import measured
from scenarios.other_slash import served_with_slash

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: measured(Impact.DEGRADES)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.REPORTED,
    reports=9,
    explains=("challenge.401", "challenge.page-may-call", "connect.accepted"),
    sources=(
        Source("github.com/agencyenterprise/draft-detective/issues/774", seen="2026-09-22"),
        Source("github.com/anthropics/claude-ai-mcp/issues/1056", seen="2026-09-18"),
        Source("github.com/BerriAI/litellm/issues/34845", seen="2026-07-27"),
        Source("github.com/zoho/analytics-mcp-server/issues/22", seen="2026-05-08"),
        Source("github.com/modelcontextprotocol/python-sdk/issues/1168", seen="2025-07-17"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    first, last = first_contact(trace), opening(trace, Voice.BROKER)
    if first is None or first.response is None or not first.response.is_redirect:
        return
    location = first.response.header("location") or ""
    try:
        differs = difference(first.request.url, urljoin(first.request.url, location))
    except ValueError:
        return
    if differs == "trailing slash":
        yield evidence(first, "response.status", first.response.status, "401")
        yield evidence(first, "response.header.location", location, "no redirect")
        if last is not None and last is not first and last.status != 401:
            yield status_evidence(last, "401")


@pattern.request
def request(asked: Asked) -> Asked:
    """The route has a closing slash, as one that Starlette mounts."""
    return served_with_slash(asked)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if asked.path != "/mcp":
        return answer
    return Answer(307, (("Location", f"{asked.url}/"),))
