"""The protected resource metadata is a web page.

What happens
    The well-known address of the resource metadata answers 200 with HTML: the start page of a web
    application. Claude finds no metadata in it, takes the MCP server itself for the authorization
    server, and fails there. So does Claude Code, which gives up as soon as the authorization
    server's metadata is a page as well.

Why it breaks
    A single-page application answers every unknown path with its `index.html`, and a catch-all
    rule of the web server or the hosting does the same. Where nobody serves the metadata the rule
    catches it, so the status looks right. RFC 9728 section 3.2 wants a JSON object.

Fix
    Serve both addresses as JSON, ahead of the catch-all rule, and give unknown paths below
    `/.well-known/` a 404. nginx, where `location /` has `try_files ... /index.html`:

        location ^~ /.well-known/ { proxy_pass http://BACKEND; }

    Cloudflare Workers with static assets, in `wrangler.toml`:

        [assets]
        not_found_handling = "single-page-application"
        run_worker_first = ["/.well-known/*", "/mcp"]

    Express: mount the metadata routes (in the TypeScript SDK `mcpAuthMetadataRouter`) before the
    handler that sends `index.html`. Vercel: leave the paths out of the rewrite to `/index.html`:

        "source": "/((?!.well-known/|mcp).*)"

    Both of these have to say `application/json`; if you do not serve the second, it has to be a
    404:

        curl -i https://YOUR-HOST/.well-known/oauth-protected-resource/mcp
        curl -i https://YOUR-HOST/.well-known/oauth-protected-resource
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, is_html, metadata_answers
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_resource_metadata
from scenarios.effects import measured

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.REPORTED,
    reports=2,
    explains=(
        "resource-metadata.found",
        "resource-metadata.path-form",
        "server-metadata.found",
        "server-metadata.json",
        "registration.accepted",
    ),
    sources=(Source("github.com/ctxpipe-ai/ctxpipe/issues/197", seen="2026-05-22"),),
)

PAGE = (
    b'<!doctype html><html><head><title>App</title></head><body><div id="root"></div></body></html>'
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for answer in metadata_answers(trace):
        response = answer.response
        if answer.exploration or response is None or response.status != 200:
            continue
        if is_html(response) and response.json is None:
            media_type = response.header("content-type") or "(absent)"
            yield evidence(answer, "response.header.content-type", media_type, "application/json")
            yield body_evidence(answer)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The catch-all rule of a single-page application: whatever is unknown is the start page."""
    unknown = answer.status == 404 or is_resource_metadata(asked)
    if asked.method != "GET" or not unknown:
        return answer
    return Answer(200, (("Content-Type", "text/html; charset=utf-8"),), PAGE)
