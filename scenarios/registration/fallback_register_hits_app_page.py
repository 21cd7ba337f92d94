"""Claude's guess at /register meets a page of the web application.

What happens
    Claude finds no authorization server metadata, and takes `/register`, `/authorize` and `/token`
    at the root of the host for the endpoints. There lies an ordinary web application, with a
    sign-up page at `/register`. It answers the registration with HTML, and Claude stops. Claude
    Code makes the same guess.

Why it breaks
    The guess is the default of the MCP specification of 2025-03-26, which Claude still falls back
    to. It hits also where metadata is published and could not be read once: too slow, rate limited,
    blocked, or under another address than the issuer says. The real endpoints are never asked.

Fix
    First make the metadata found, then take the collision away, since the fallback can come back
    any time: give the MCP server and its OAuth endpoints a host of their own (`mcp.example.com`)
    with the endpoints at its root. Or route POST to OAuth and leave GET to the application, in
    nginx:

        location = /register {
            if ($request_method = POST) { rewrite ^ /oauth/register last; }
            try_files $uri /index.html;
        }

    The metadata has to be JSON, each time. The second answer must not be a page:

        curl -i https://YOUR-ISSUER/.well-known/oauth-authorization-server

        curl -i https://YOUR-HOST/register -H 'Content-Type: application/json' \\
          -d '{"redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}'
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    body_evidence,
    endpoints_guessed,
    evidence,
    is_html,
    metadata_answers,
    refused,
    status_evidence,
)
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_server_metadata
from scenarios.effects import inferred
from scenarios.registrations import attempts

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("server-metadata.found", "registration.accepted"),
    sources=(
        Source("github.com/brendanlong/lion-reader/issues/1037", seen="2026-07-07"),
        Source("github.com/anthropics/claude-ai-mcp/issues/402", seen="2026-06-07"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    found = attempts(trace)
    if not found or not endpoints_guessed(trace) or refused(trace) is not None:
        return
    # Where even a metadata address answers with a page, that is the failure.
    asked = (*metadata_answers(trace), *trace.at(Step.SERVER_METADATA))
    if any(one.status == 200 and _is_page(one) for one in asked):
        return
    # The page of a gate or a firewall (401, 403) is not the application's.
    status = found[-1].status or 0
    if _is_page(found[-1]) and status < 500 and status not in (401, 403, 429):
        yield evidence(found[0], "request.url", found[0].request.url, "a published endpoint")
        yield status_evidence(found[-1], "201 with a client_id")
        yield body_evidence(found[-1], "JSON")
        for one in trace.at(Step.SERVER_METADATA, exploration=False):
            yield status_evidence(one, "200 with a JSON object")


def _is_page(exchange: Exchange) -> bool:
    return exchange.response is not None and is_html(exchange.response)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """An application with accounts of its own, and metadata that nobody serves."""
    if is_server_metadata(asked):
        return Answer(404, (("Content-Type", "application/json"),), b'{"error":"not found"}')
    if asked.path != "/register":
        return answer
    page = b"<!doctype html><html><head><title>Create your account</title></head></html>"
    return replace(answer, status=200, body=page).with_header("Content-Type", "text/html")
