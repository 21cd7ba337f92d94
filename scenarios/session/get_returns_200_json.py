"""GET on the MCP URL is answered 200 with something that is no event stream.

What happens
    The server has a status page at its MCP URL: GET gives 200 with JSON or a text. A client that
    opens its stream with GET takes that for the stream. Claude Code was reported to end with a
    transport error; no report says so of claude.ai.

Why it breaks
    The answer to this GET is an event stream or 405, nothing else (MCP 2025-11-25, transports:
    listening for messages from the server).

Fix
    Answer 405 with `Allow: POST`, and move the status to an address of its own, `/health` say:

        app.get("/health", (req, res) => res.json({ status: "ok" }));
        app.get("/mcp", (req, res) =>                     // Express
          res.status(405).set("Allow", "POST").end());

        @app.get("/mcp")                                  # FastAPI
        def no_stream() -> Response:
            return Response(status_code=405, headers={"Allow": "POST"})

    To keep a page for people who open the URL in a browser, send it only where `Accept` asks for
    `text/html`.

    This has to say 405, or 401 without a token:

        curl -si -H 'Accept: text/event-stream' https://YOUR-HOST/mcp | head -1
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.calls import as_json, handshake_era

pattern = Pattern(
    step=Step.SESSION,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Effect(
            Impact.ADVISORY,
            Confidence.SPECIFICATION,
            Source(
                "modelcontextprotocol.io/specification/2025-11-25/basic/transports", "2025-11-25"
            ),
        ),
        Surface.CLAUDE_CODE: Impact.BREAKS,
    },
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("session.stream",),
    sources=(
        Source("github.com/code-ministry-ltd/the-librarian/issues/459", seen="2026-08-10"),
        Source("modelcontextprotocol.io/specification/2025-11-25/basic/transports", "2025-11-25"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.SESSION, Purpose.STREAM)
    if answer is None or answer.response is None or answer.status != 200:
        return
    if answer.response.media_type != "text/event-stream":
        found = answer.response.header("content-type") or "(absent)"
        yield evidence(answer, "response.header.content-type", found, "text/event-stream, or 405")
        yield body_evidence(answer)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if asked.method == "GET" and asked.path == "/mcp":
        return as_json(answer, {"status": "ok"})
    return handshake_era(asked, answer)
