"""The MCP URL redirects to itself with another closing slash.

What happens
    `/mcp` answers with a redirect to `/mcp/`, or the other way round. With 307 or 308 on the same
    host Claude was seen to follow, token included. With 301 or 302 its POST becomes a GET, and the
    connection breaks. Several servers could not be connected until the redirect was gone; Claude
    Code said "Got new credentials, but reconnecting failed".

Why it breaks
    Frameworks redirect to the spelling of the route: Starlette for a `Mount`, FastAPI with
    `redirect_slashes`, Django with `APPEND_SLASH`, nginx for `location /mcp/`. Every call then
    costs two requests, and each proxy between may turn the redirect into something worse: into
    `http://`, into an inner host name, into 301. The URL in the metadata differs from the real one
    by the slash too.

Fix
    Serve the entered spelling without a redirect. Starlette: `Route("/mcp", endpoint=...)` in place
    of `Mount("/mcp", ...)`, or mount at "/" with the inner path "/mcp"; FastAPI:
    `FastAPI(redirect_slashes=False)` and both routes; Django: `path("mcp", ...)`. Or have users
    enter the other spelling, with `resource` in the metadata equal to it. No 3xx here:

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
from scenarios.other_slash import served_with_slash

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: Impact.DEGRADES},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.REPORTED,
    explains=("challenge.401", "challenge.page-may-call", "connect.accepted"),
    sources=(
        Source("github.com/agencyenterprise/draft-detective/issues/774", seen="2026-09-22"),
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
