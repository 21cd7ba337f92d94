"""The URL leads to a web page and not to an MCP server.

What happens
    The first request is answered with a page, or refused while the same URL shows a page to anyone
    who reads it. Nothing on the host says that it takes OAuth tokens. Claude tries to register at
    the web site and says that it could not register with the sign-in service.

Why it breaks
    Somebody entered the address of a product, a documentation page or a web application. MCP
    servers mostly live on a host or a path of their own.

Fix
    Look up the MCP endpoint in the vendor's documentation and enter that, path included.

    If this is your own server, the request did not reach it: a web server in front answers every
    unknown path with its start page. Add a rule for the MCP path and for `/.well-known/` before the
    one for the pages. nginx, next to a `location /` with `try_files ... /index.html`:

        location /mcp          { proxy_pass http://BACKEND; }
        location /.well-known/ { proxy_pass http://BACKEND; }

    The endpoint answers a POST without a token with 401, or with JSON, and never with HTML:

        curl -si -X POST https://YOUR-HOST/mcp \\
          -H 'Content-Type: application/json' -d '{}' \\
          | grep -iE '^HTTP|^content-type|^www-auth'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, status_evidence, straight_opening
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_resource_metadata, is_server_metadata
from scenarios.effects import inferred
from scenarios.wrong_address import is_web_page

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.DOCUMENTED,
    reports=1,
    explains=(
        "challenge.401",
        "resource-metadata.path-form",
        "server-metadata.found",
        "server-metadata.json",
    ),
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/402", seen="2026-06-07"),),
)

PAGE = b"<!doctype html><html><head><title>Notes for teams</title></head><body>Hi</body></html>\n"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = straight_opening(trace)
    if answer is None or answer.response is None or not is_web_page(trace):
        return
    yield status_evidence(answer, "401")
    yield body_evidence(answer, "JSON")
    head = trace.last(Step.CHALLENGE, Purpose.HEAD)
    if answer.status != 200 and head is not None and head.response is not None:
        page = head.response.header("content-type")
        yield evidence(head, "response.header.content-type", page)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A web site: pages for readers, 405 for whoever posts, and nothing of OAuth."""
    html = (("Content-Type", "text/html; charset=utf-8"),)
    if is_resource_metadata(asked) or is_server_metadata(asked):
        return Answer(404, html, PAGE)
    if asked.path.rstrip("/") != "/mcp":
        return answer
    if asked.method == "POST":
        return Answer(405, (*html, ("Allow", "GET, HEAD, OPTIONS")), PAGE)
    return answer if asked.method == "OPTIONS" else Answer(200, html, PAGE)
