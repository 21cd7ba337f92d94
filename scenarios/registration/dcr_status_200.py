"""The registration answers 200 where the RFC says 201.

What happens
    The client is registered, and the answer has the status 200. Nothing else: Claude goes on to the
    sign-in. If this connector does not work, it has another reason.

Why it breaks
    It does not. RFC 7591 section 3.2 wants 201 Created, and strict clients may insist on it.
    Claude takes both: servers with 200 were seen to get the authorization request, and an operator
    who changed 200 to 201 on a broken connector reported that nothing changed. Claude Code was seen
    to connect to a server that answers 200. better-auth was seen to do so.

Fix
    Answer 201, for other clients' sake:

        return JSONResponse(
            registered, status_code=201, headers={"Cache-Control": "no-store"}
        )

    The first line tells:

        curl -si https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'Content-Type: application/json' \\
          -d '{"redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}' \\
          | head -1
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.registrations import attempts, client_of, registers

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.ADVISORY,
        Surface.CLAUDE_CODE: Effect(
            Impact.NONE,
            Confidence.OBSERVED,
            Source("github.com/anthropics/claude-ai-mcp/issues/155", seen="2026-04-21"),
        ),
    },
    confidence=Confidence.OBSERVED,
    reports=1,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/217", seen="2026-09-05"),
        Source("github.com/akutishevsky/withings-mcp/pull/29", seen="2026-04-19"),
        Source("github.com/anthropics/claude-ai-mcp/issues/155", seen="2026-04-21"),
        Source("RFC 7591 section 3.2", seen="2015-07"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for answer in attempts(trace):
        if answer.status == 200 and client_of(answer) is not None:
            yield status_evidence(answer, "201")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if (metadata := registers(asked, answer)) is not None:
        return metadata
    registered = asked.path.endswith("/register") and answer.status == 201
    return replace(answer, status=200) if registered else answer
