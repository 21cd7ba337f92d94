"""The server checks something else before it asks for a token.

What happens
    The first request, without a token, is answered 400, 403 or 422 and not 401: a parameter, a
    header or a tenant is missing. Claude starts no sign-in and says that it could not reach the
    server. Claude Code shows "Failed", or "Needs authentication" on 403.

Why it breaks
    Only 401 starts the sign-in. Any other error ends the attempt; a `WWW-Authenticate` on a 403
    counts only with `error="insufficient_scope"`. Claude's first request is a plain `initialize`
    without cookies, tenant headers or a session, so a check that runs before authentication sees
    little and refuses it.

Fix
    Let authentication run first, so that every call without a token gets 401 and its challenge:

        HTTP/1.1 401 Unauthorized
        WWW-Authenticate: Bearer resource_metadata=
          "https://YOUR-HOST/.well-known/oauth-protected-resource/mcp"

    The order of the middleware is the usual place to look. Express:

        app.use("/mcp", requireBearerAuth({
          verifier, resourceMetadataUrl: METADATA_URL }), checkTenant);

    FastAPI answers 422 for a missing parameter before the handler runs: check the token in a
    middleware, not in the handler.

    What the check needs (tenant, organisation) belongs into the path of the URL that users enter,
    or into the token. Try Claude's request, it must be 401:

        curl -si -X POST https://YOUR-HOST/mcp \\
          -H 'Content-Type: application/json' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}' \\
          | head -n 1
"""

import re
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import is_html, refusal_evidence, straight_opening
from harness.model.answer import Answer, Asked
from harness.model.challenge import bearer
from harness.model.trace import Response, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.calls import as_json
from scenarios.effects import measured

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("challenge.401",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/393", seen="2026-06-07"),
        Source("github.com/ctxpipe-ai/ctxpipe/issues/197", seen="2026-05-22"),
    ),
)

_KNOWN_OTHERWISE = re.compile(
    r"\bhost( header)?\b|protocol.?version|\baccept\b|event-stream|certificate", re.IGNORECASE
)
"""Preconditions that are known failures of their own."""


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = straight_opening(trace)
    response = answer.response if answer else None
    # A page was written by something in front of the server.
    if answer is None or response is None or is_html(response):
        return
    if _refuses(response) and not _KNOWN_OTHERWISE.search(response.text[:4096]):
        yield from refusal_evidence(answer, "401")


def _refuses(response: Response) -> bool:
    challenge = bearer(response.header_lines("www-authenticate"))
    if response.status == 403:
        return challenge is not None and challenge.params.get("error") != "insufficient_scope"
    return response.status in (400, 422)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if answer.status != 401 or asked.path != "/mcp" or asked.header("authorization") is not None:
        return answer
    refused = as_json(answer, {"error": "orgSlug is required"}, status=400)
    return refused.without_header("www-authenticate")
