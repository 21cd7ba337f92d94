"""The registration endpoint does not exist.

What happens
    The authorization server's metadata names a `registration_endpoint`, but a POST to it is
    answered 404 or 405. Claude cannot become a client and stops. Claude Code was seen to say
    "Dynamic client registration failed: HTTP 404".

Why it breaks
    The metadata names an endpoint (RFC 7591 section 3) that is not served there: registration is
    switched off, the endpoint lies under another path or prefix, or the proxy does not pass that
    path or that method on.

Fix
    Make the address in the metadata and the address that is served the same one. In the TypeScript
    SDK `mcpAuthRouter` has to be mounted at the root of the application, since its `/register` lies
    at the root of the issuer's host (or of `baseUrl`), never under `/mcp`. In front of it nginx has
    to pass the path on, with POST:

        location = /register {
            proxy_pass http://BACKEND;
        }

    If there is no registration, take `registration_endpoint` out of the metadata, and enter a
    client id in the connector's settings.

    Then send a registration yourself, to the address the metadata names; it has to come back with
    201:

        curl -i https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'Content-Type: application/json' \\
          -d '{"client_name":"Claude",
               "redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import endpoints_guessed, evidence, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import (
    Confidence,
    Effect,
    Evidence,
    Impact,
    Party,
    Shows,
    Source,
    Surface,
)
from scenarios.bending import is_server_metadata, without

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.BREAKS,
            Confidence.OBSERVED,
            Source("github.com/upstash/context7/issues/376", seen="2025-07-05"),
        ),
    },
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.DOCUMENTED,
    reports=3,
    explains=("registration.accepted",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/560", seen="2026-07-08"),
        Source("github.com/PrefectHQ/fastmcp/issues/972", seen="2026-05-05"),
        Source("github.com/upstash/context7/issues/376", seen="2025-07-05"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    # A guessed endpoint that is not there is a consequence of what was not found before.
    if endpoints_guessed(trace):
        return
    # The first answer: one behind a redirect is another failure.
    answer = next(trace.at(Step.REGISTRATION, Purpose.REGISTER), None)
    if answer is not None and answer.status in (404, 405):
        yield status_evidence(answer, "201 with a client_id")
        yield evidence(answer, "request.url", answer.request.url)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if is_server_metadata(asked):
        # Without CIMD, Claude registers.
        return without(answer, "client_id_metadata_document_supported")
    if asked.path.endswith("/register"):
        return Answer(404, (("Content-Type", "application/json"),), b'{"error":"not found"}')
    return answer
