"""The token endpoint refuses form bodies and wants JSON.

What happens
    Claude posts the code as a form, and the token endpoint answers 415, or 400 with a word about
    `application/json`. The user has just pressed Allow, and then reads that the authorization
    failed.

Why it breaks
    A token request is `application/x-www-form-urlencoded` (RFC 6749 section 4.1.3), and so is a
    refresh. Only the registration is JSON (RFC 7591 section 3.1). A framework that parses JSON
    everywhere, or one body model for both routes, refuses the form.

Fix
    Read a form on the token route, and JSON on the registration route. Express, FastAPI (with
    `python-multipart` installed), and a route handler in Next.js:

        app.use("/token", express.urlencoded({ extended: false }));

        async def token(grant_type: Annotated[str, Form()]): ...

        const form = await request.formData();

    Send a form:

        curl -i -d grant_type=authorization_code -d code=x -d client_id=x \\
          https://YOUR-TOKEN-ENDPOINT

    It has to be refused with `invalid_grant` or `invalid_client`, not with a word about the content
    type.
"""

import re
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, status_evidence
from harness.diagnosis.token_endpoint import code_answer, said
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import refusal
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.DOCUMENTED,
    reports=2,
    explains=("token.issued",),
    sources=(
        Source("claude.com/docs/connectors/building/authentication", seen="2026-10-01"),
        Source("github.com/anthropics/claude-ai-mcp/issues/176", seen="2026-04-15"),
    ),
)

FORM = "application/x-www-form-urlencoded"
_WANTS_JSON = re.compile(
    r"application/json|not valid json|invalid json|json_invalid|valid dictionary or object"
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = code_answer(trace)
    if answer is None or answer.request.media_type != FORM:
        return
    wants_json = answer.status in (400, 422) and _WANTS_JSON.search(said(answer))
    if answer.status == 415 or wants_json:
        yield status_evidence(answer, "200 with an access_token")
        yield body_evidence(answer)
        yield evidence(answer, "request.header.content-type", FORM)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.path.endswith("/oauth/token") or asked.header("content-type") != FORM:
        return answer
    return refusal(answer, 415, "invalid_request", "Content-Type must be application/json")
