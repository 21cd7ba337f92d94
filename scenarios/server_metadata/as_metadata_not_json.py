"""The authorization server's metadata is not JSON.

What happens
    A well-known address of the authorization server answers 200, but not with JSON: mostly with a
    web page. claude.ai asks the other forms of the address, and when none of them holds metadata it
    guesses the endpoints and fails there. Claude Code gives up at the first such answer, with a
    message about JSON that cannot be parsed; an address that answers 404 it passes over.

Why it breaks
    A catch-all rule answers unknown paths with a page (a single-page application, a login page, a
    block page), or the document is served as something else. A client asks several forms of the
    address by design: a form that is not served has to say 404 (RFC 8414 sections 3.1 and 3.2).

Fix
    Serve the metadata as `application/json` at the address for your issuer, and answer 404 at the
    others, both ahead of any catch-all rule. nginx, with the documents in the application:

        location ^~ /.well-known/ { proxy_pass http://BACKEND; }

    A static host with a rewrite of everything to `index.html` (Vercel, Netlify, Cloudflare) needs
    `/.well-known/*` taken out of it, and a login wall in front of the host an exception for these
    paths. Each of these has to be 200 with JSON, or 404:

        for one in oauth-authorization-server openid-configuration; do
          curl -so /dev/null -w '%{http_code} %{content_type}\\n' \\
            https://YOUR-ISSUER/.well-known/$one
        done
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, is_html, metadata_answers, refused
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_server_metadata
from scenarios.effects import measured

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    confidence=Confidence.DOCUMENTED,
    reports=4,
    explains=("server-metadata.found", "server-metadata.json", "registration.accepted"),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/134", seen="2026-06-07"),
        Source("github.com/anthropics/claude-code/issues/84123", seen="2026-08-05"),
        Source("github.com/anthropics/claude-code/issues/72673", seen="2026-07-01"),
    ),
)

PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    if _looked_in_the_wrong_place(trace):
        return
    for one in trace.at(Step.SERVER_METADATA, exploration=False):
        if one.response and one.response.status == 200 and one.response.json_object is None:
            yield body_evidence(one, "a JSON object, or 404")


def _looked_in_the_wrong_place(trace: Trace) -> bool:
    """True when unusable resource metadata sent the client to the MCP server itself."""
    return refused(trace) is not None or any(
        one.status == 200 and one.response is not None and is_html(one.response)
        for one in metadata_answers(trace)
        if not one.exploration
    )


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_server_metadata(asked):
        return answer
    return Answer(200, (("Content-Type", "text/html; charset=utf-8"),), PAGE)
