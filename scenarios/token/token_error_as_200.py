"""The token endpoint refuses with status 200.

What happens
    The token request is answered 200, and the body holds an `error` and no token. GitHub does this,
    and so do servers that pass its answers on. A client that looks at the status goes on without a
    token and trips over the missing `access_token`; what the user reads then says nothing about
    the cause.

Why it breaks
    A refusal has status 400, or 401 for `invalid_client` (RFC 6749 section 5.2). Two things are
    wrong at once here: the request was refused, for the reason that the error names, and the form
    hides it. The MCP SDK for TypeScript reads such an answer as an error since the turn of 2026,
    and Claude Code does; older clients do not.

Fix
    First cure what the error names: the evidence above quotes it. Then send refusals with their
    status:

        HTTP/1.1 400 Bad Request
        Content-Type: application/json

        {"error": "invalid_grant", "error_description": "..."}

    If you stand between Claude and GitHub, look for `error` in its answer, translate its names, and
    set the status yourself. Express:

        const names = {
          bad_verification_code: "invalid_grant",
          incorrect_client_credentials: "invalid_client",
        };
        if (answer.error) {
          const error = names[answer.error] ?? answer.error;
          return response.status(400).json({ error });
        }

    Ask with a code that nobody issued:

        curl -s -o /dev/null -w '%{http_code}\\n' -d code=x -d client_id=x \\
          -d grant_type=authorization_code https://YOUR-TOKEN-ENDPOINT

    It has to print 400 or 401.
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, status_evidence
from harness.diagnosis.token_endpoint import code_answer, document, oauth_error
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_grant, with_mangled_code
from scenarios.effects import measured

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.ADVISORY)},
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("token.issued",),
    sources=(
        Source("github.com/modelcontextprotocol/typescript-sdk/issues/1342", seen="2025-12-28"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for answer in (code_answer(trace), trace.last(Step.TOKEN, Purpose.BOGUS_CODE)):
        if answer is None or answer.status != 200 or oauth_error(answer) is None:
            continue
        if not document(answer).get("access_token"):
            yield status_evidence(answer, "400")
            yield body_evidence(answer)
            return


@pattern.request
def request(asked: Asked) -> Asked:
    """The code does not reach the server as it was issued."""
    return with_mangled_code(asked)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return replace(answer, status=200) if is_grant(asked, "authorization_code") else answer
