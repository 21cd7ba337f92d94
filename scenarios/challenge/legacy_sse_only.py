"""The server offers only the old HTTP+SSE transport.

What happens
    A POST to the URL is answered 404 or 405, because the URL is a stream for GET: the transport of
    MCP 2024-11-05, in which the stream names a second address for messages. Claude says that it
    could not reach the server, or connects and finds no tools where the second address is lost in a
    proxy. Claude Code tries the old transport when the new one fails.

Why it breaks
    Claude begins with a POST to the URL itself, as Streamable HTTP has it since MCP 2025-03-26.
    Anthropic's documentation calls the old transport deprecated.

Fix
    Serve Streamable HTTP and enter its URL. In the Python SDK and FastMCP:

        mcp.run(transport="streamable-http")      # FastMCP: transport="http"

    In the TypeScript SDK replace `SSEServerTransport` by `StreamableHTTPServerTransport` and route
    POST, GET and DELETE of `/mcp` to it. Both transports can run side by side while old clients
    remain. Until then a proxy has to hand on the address for messages too (mostly `/messages`), not
    `/sse` alone.

    For Claude Code alone the old one can be named: `claude mcp add --transport sse`.

    The new URL answers a POST with 401, or 200 where no sign-in is wanted:

        curl -si -X POST https://YOUR-HOST/mcp \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":
            {"protocolVersion":"2025-11-25","capabilities":{},
             "clientInfo":{"name":"curl","version":"1"}}}' | head -n 1
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, status_evidence, straight_opening
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred
from scenarios.wrong_address import is_legacy_sse

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.DEGRADES)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.REPORTED,
    reports=3,
    explains=("challenge.401",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/380", seen="2026-05-30"),
        Source("modelcontextprotocol.io/specification/2025-03-26/basic/transports", "2025-03-26"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = straight_opening(trace)
    if answer is None or not is_legacy_sse(trace):
        return
    yield status_evidence(answer, "401")
    head = trace.last(Step.CHALLENGE, Purpose.HEAD)
    response = head.response if head else None
    if head is not None and response is not None and response.media_type == "text/event-stream":
        yield evidence(head, "response.header.content-type", response.media_type)
    else:
        yield evidence(answer, "request.url", answer.request.url)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A stream for GET and HEAD, and nothing for POST."""
    if asked.path.rstrip("/") != "/mcp" or asked.method == "OPTIONS":
        return answer
    if asked.method == "POST":
        return Answer(405, (("Allow", "GET, HEAD"), ("Content-Type", "text/plain")), b"no POST\n")
    stream = b"event: endpoint\ndata: /messages?sessionId=5f0c\n\n"
    return Answer(200, (("Content-Type", "text/event-stream"),), stream)
