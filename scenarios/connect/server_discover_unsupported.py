"""The server breaks at server/discover instead of saying that it does not know it.

What happens
    Since August 2026 Claude opens with `server/discover` of MCP 2026-07-28, and goes on with
    `initialize` when the server does not know it. This server answered with a server error, with
    something that is no JSON-RPC, or not at all. `initialize` worked here; some operators reported
    "Couldn't connect" for servers like this. Claude Code was measured to go on with `initialize`
    after an HTTP error of any kind, and after five seconds of silence.

Why it breaks
    A method that is not known is an ordinary thing in JSON-RPC 2.0 (section 5.1, code -32601), and
    the client tells by that error that it has an older server before it. A 500 or silence may just
    as well mean that the server is down. Where the first call after a pause is always slow, this
    may also be a cold start: run the check again.

Fix
    Answer every unknown method with the id of the request and this error, under HTTP 200 in the
    handshake era:

        {"jsonrpc": "2.0", "id": 0,
         "error": {"code": -32601, "message": "Method not found"}}

    Look for a dispatcher without a default branch, for a session that is demanded before anything
    else and throws, and for a strict check of the version header. Or update to an SDK that speaks
    2026-07-28. Keep `initialize` working in any case.

    The answer has to be JSON-RPC and come at once; a 400 with a JSON-RPC error is good enough:

        curl -si -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer TOKEN' \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -H 'MCP-Protocol-Version: 2026-07-28' \\
          -d '{"jsonrpc":"2.0","id":0,"method":"server/discover","params":{}}'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.jsonrpc import messages
from harness.model.trace import Exchange, FailureKind, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import brings_token, rpc_method
from scenarios.effects import measured

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.ADVISORY)},
    confidence=Confidence.OBSERVED,
    reports=3,
    sources=(
        Source("github.com/hauptsacheNet/typo3-mcp-server/issues/110", seen="2026-08-19"),
        Source("github.com/anthropics/claude-ai-mcp/issues/975", seen="2026-09-02"),
        Source("github.com/anthropics/claude-ai-mcp/issues/1052", seen="2026-09-17"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.CONNECT, Purpose.DISCOVER)
    # Where initialize fails too, the method is not what the server stumbles over.
    if answer is None or trace.decision(Step.CONNECT, "era") != "handshake":
        return
    if _breaks(answer):
        yield status_evidence(answer, "a JSON-RPC error, -32601")
        if answer.response is not None:
            yield body_evidence(answer)


def _breaks(exchange: Exchange) -> bool:
    response = exchange.response
    if response is None:
        return exchange.failure is not None and exchange.failure.kind is FailureKind.TIMEOUT
    if response.status in (401, 403):
        return False
    # An SDK without this method may say so under 400 and with a code of its own.
    says = any("error" in one or "result" in one for one in messages(response) if "jsonrpc" in one)
    return response.status >= 500 or not says


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A dispatcher that throws for a name it does not know."""
    if not brings_token(asked) or rpc_method(asked) != "server/discover":
        return answer
    return Answer(500, (("Content-Type", "text/plain"),), b"Internal Server Error")
