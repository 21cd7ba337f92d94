"""GET on the MCP URL is answered 404 or a server error.

What happens
    After `initialize` Claude opens a stream with GET, and the server answers as if there were no
    such address, or breaks. One operator reported that Claude said it could not reach the server
    until GET was answered 405. Everything else in this run may have passed.

Why it breaks
    A server without a stream for GET has to answer 405 (MCP 2025-11-25, transports: listening for
    messages from the server). 404 means that the session is over, so a client may give it up.
    Claude Code 2.1.147 did so: it took this 404 for the end of the session, connected again and
    again, and showed no tools; 2.1.146 had passed over it.

Fix
    Add a route that says no:

        app.get("/mcp", (req, res) =>                     // Express
          res.status(405).set("Allow", "POST").end());

        @app.get("/mcp")                                  # FastAPI
        def no_stream() -> Response:
            return Response(status_code=405, headers={"Allow": "POST"})

    401 without a token is fine as well. Behind a proxy or a gateway with a list of routes, make
    sure that it hands GET on.

    This has to say 405, or 401 without a token:

        curl -si -H 'Accept: text/event-stream' https://YOUR-HOST/mcp | head -1
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, status_evidence
from harness.diagnosis.session import unknown_session
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
from scenarios.calls import handshake_era

pattern = Pattern(
    step=Step.SESSION,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.DEGRADES,
        Surface.CLAUDE_CODE: Effect(
            Impact.DEGRADES,
            Confidence.OBSERVED,
            Source("github.com/anthropics/claude-code/issues/62198", seen="2026-05-25"),
        ),
    },
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("session.stream",),
    sources=(
        Source("github.com/garrytan/gbrain/issues/1076", seen="2026-05-16"),
        Source("github.com/anthropics/claude-code/issues/62198", seen="2026-05-25"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.SESSION, Purpose.STREAM)
    if answer is None or answer.status is None or unknown_session(answer):
        return
    if answer.status == 404 or answer.status >= 500:
        yield status_evidence(answer, "an event stream, or 405")
        yield body_evidence(answer)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A route for POST alone, in a framework that answers 404 for other methods."""
    if asked.method == "GET" and asked.path == "/mcp":
        return Answer(404, (("Content-Type", "text/plain"),), b"Cannot GET /mcp\n")
    return handshake_era(asked, answer)
