"""A call without the session id is refused, and Claude was seen to leave it out.

What happens
    The server opens a session and refuses calls that do not name it, with 400. The hosted Claude
    was caught not sending `Mcp-Session-Id` back: in one log not one of 30 requests had it, and they
    came from many addresses. Then every call fails, or begins a session of its own, without the
    state of the one before.

Why it breaks
    A server may demand the id (MCP 2025-11-25, transports, session management), and a client must
    send it, so the fault is Claude's. It was said to be fixed in March 2026 and reported again in
    July and September. Plenty of servers with sessions do work. Claude Code was measured to send
    the id with every call.

Fix
    Do without sessions if you can; MCP 2026-07-28 has none. Keep state by the user in the token:

        mcp.http_app(stateless_http=True)                      # FastMCP
        StreamableHTTPSessionManager(server, stateless=True)   # Python SDK

        new StreamableHTTPServerTransport({                    // TypeScript SDK
          sessionIdGenerator: undefined,
        })

    The TypeScript SDK wants a new transport, and a server connected to it, for every request then;
    a second request to the same one is an error.

    If you cannot, log for a day how many calls come without the id before you change anything.

    Without sessions, a call that names none has to say 200:

        curl -si -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer TOKEN' \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' | head -1
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refusal_evidence
from harness.diagnosis.session import sessionless_refusals
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.calls import handshake_era
from scenarios.effects import measured

pattern = Pattern(
    step=Step.SESSION,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.NONE)},
    claude_shows=Shows.ERROR_WHEN_CONNECTING,
    confidence=Confidence.REPORTED,
    reports=3,
    deep=True,
    explains=("session.id",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/99", seen="2026-03-29"),
        Source("github.com/anthropics/claude-ai-mcp/issues/583", seen="2026-07-08"),
        Source("github.com/anthropics/claude-ai-mcp/issues/975", seen="2026-09-02"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for one in list(sessionless_refusals(trace))[:1]:
        yield evidence(one, "request.header.mcp-session-id", "(absent)", "the id of the session")
        yield from refusal_evidence(one, "200, from a server that needs no session")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The reference server keeps sessions where Claude has to initialize."""
    return handshake_era(asked, answer)
