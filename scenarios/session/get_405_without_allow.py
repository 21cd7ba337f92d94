"""The 405 for GET has no Allow header.

What happens
    Claude opens a stream with GET, and the server answers 405, which is right for a server without
    one, but does not say which methods it takes. Nothing broke in this run.

Why it breaks
    Two write-ups of 2025 and 2026 say that Claude gave the connection up for this. Others run
    servers that answer the same way and connect, and Anthropic's documentation calls 405 harmless.
    So it is disproved as a cause by working servers; HTTP does ask for the header (RFC 9110 section
    15.5.6). Load balancers and Amazon Bedrock AgentCore were named as leaving it out.

Fix
    Add the header, it costs nothing. If Claude fails, look for another reason first. Express:

        app.get("/mcp", (req, res) =>
          res.status(405).set("Allow", "POST").end());

    Both lines have to be there, also through the proxy. A server that asks for a token first says
    401 here, and needs `-H 'Authorization: Bearer TOKEN'` as well:

        curl -si -H 'Accept: text/event-stream' https://YOUR-HOST/mcp \\
          | grep -iE '^(HTTP|allow)'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import as_json, handshake_era
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.SESSION,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.CONTESTED,
    reports=2,
    sources=(
        Source("claude.com/docs/connectors/building/troubleshooting", seen="2026-09-22"),
        Source("github.com/elgorro/aiquila/issues/384", seen="2026-07-06"),
        Source("qiita.com/fsitlab/items/e71c8ff06b5ee8835f88", seen="2026-05-25"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.SESSION, Purpose.STREAM)
    if answer is None or answer.response is None or answer.status != 405:
        return
    if answer.response.header("allow") is None:
        yield status_evidence(answer, "405 with Allow")
        yield evidence(answer, "response.header.allow", "(absent)", "POST")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if asked.method == "GET" and asked.path == "/mcp":
        return as_json(answer, {"error": "method not allowed"}, status=405).without_header("allow")
    return handshake_era(asked, answer)
