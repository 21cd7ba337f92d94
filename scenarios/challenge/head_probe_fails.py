"""HEAD on the MCP URL is answered with an error or a redirect.

What happens
    In this run nothing broke. A POST is answered as it should, a HEAD is not. In 2025 Claude's
    first contact was a HEAD, and connectors whose server did not answer it were not accepted. In
    2026 no trace shows one any more.

Why it breaks
    HEAD has to be answered like GET, only without the body (RFC 9110 section 9.3.2). Frameworks do
    not always add it to a route for POST and GET. Monitors and link checkers still send it.

Fix
    Answer HEAD like GET: 401 without a token, or 405 with `Allow: POST`. Express and Starlette
    answer it where there is a route for GET; FastAPI wants it named (`@app.head`).

    Worth doing when you are there anyway. It is no reason to look here first when Claude fails.

    This shows 401 or 405 then, and no 404 or 3xx:

        curl -sI https://YOUR-HOST/mcp | head -n 1
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import authless, evidence, first_contact, opening, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import measured

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.NONE)},
    confidence=Confidence.OBSERVED,
    reports=2,
    sources=(Source("github.com/PrefectHQ/fastmcp/issues/1466", seen="2025-08-12"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer, head = opening(trace, Voice.BROKER), trace.last(Step.CHALLENGE, Purpose.HEAD)
    # Where every method is redirected, that is the failure.
    if answer is None or answer is not first_contact(trace):
        return
    if head is None or head.response is None:
        return
    if answer.status != 401 and not authless(trace):
        return
    if head.response.is_redirect or head.response.status == 404 or head.response.status >= 500:
        yield status_evidence(head, "401 or 405")
        if head.response.is_redirect:
            yield evidence(head, "response.header.location", head.response.header("location"))


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A framework that matches the method before it looks for the path."""
    if asked.method != "HEAD" or asked.path != "/mcp":
        return answer
    return Answer(404, (("Content-Type", "text/plain"),))
