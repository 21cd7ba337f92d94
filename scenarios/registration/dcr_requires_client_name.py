"""The registration demands a member that Claude does not send.

What happens
    The authorization server answers the registration with 400 or 422, because a member is missing:
    `scope`, `client_uri`, `application_type`. Claude gets no client id and stops. The first report
    was about `client_name`, which claude.ai does send.

Why it breaks
    The server's model of a registration takes members for mandatory that are optional. Of all the
    metadata a client that comes back by redirect needs `redirect_uris` alone (RFC 7591 section 2);
    the rest has defaults. claude.ai sends `client_name`, `redirect_uris`, `grant_types`,
    `response_types` and `token_endpoint_auth_method`, and no more. Claude Code adds
    `application_type`, and `scope` where the MCP server publishes scopes.

Fix
    Give every other member a default, and put what was registered into the answer. In Pydantic, and
    so in FastAPI, whose 422 this mostly is:

        client_name: str = "MCP client"
        scope: str = " ".join(SCOPES_SUPPORTED)
        client_uri: str | None = None

    With Zod:

        client_name: z.string().default("MCP client"),
        client_uri: z.string().url().optional(),

    The smallest registration has to come back with 201:

        curl -i https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'Content-Type: application/json' \\
          -d '{"redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}'
"""

import json
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred
from scenarios.registrations import (
    Reason,
    missing_member,
    refusal_of,
    refusal_quotes,
    registers,
)

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("registration.accepted",),
    sources=(Source("github.com/outline/outline/issues/12833", seen="2026-06-25"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refused = refusal_of(trace, Reason.MEMBER)
    if refused is not None:
        yield from refusal_quotes(refused)
        yield evidence(refused, f"request.body.{missing_member(refused)}", "(absent)")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if (metadata := registers(asked, answer)) is not None:
        return metadata
    if not asked.path.endswith("/register") or b'"scope"' in asked.body:
        return answer
    missing = {"type": "missing", "loc": ["body", "scope"], "msg": "Field required"}
    return Answer(
        422,
        (("Content-Type", "application/json"),),
        json.dumps({"detail": [missing]}).encode(),
    )
