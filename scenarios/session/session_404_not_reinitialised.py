"""The session is over, and Claude goes on naming it.

What happens
    A session worked for a while. Then every call that names it is refused, and no `initialize`
    follows: Claude keeps the old id. The connector looks connected and does nothing until the user
    removes it and adds it again. In Claude Code, calls of such a connector were seen to end with
    `-32600 Anthropic Proxy: Invalid content from server`.

Why it breaks
    A session that is gone is answered 404, and the client has to begin a new one (MCP 2025-11-25,
    transports, session management). Claude was seen not to do so, open as of June 2026. A server
    that answers 400 or 401 instead gives it no chance: only 404 means that the session is over.
    Claude Code itself was reported to keep the id up to 2.1.145; from 2.1.147 on its log speaks of
    connecting again after a 404.

Fix
    Answer 404 exactly, for ids of before a restart too. The Express handler that is usually copied
    for the TypeScript SDK answers 400 to both; tell them apart:

        const id = req.headers["mcp-session-id"];
        if (id && !transports[id]) return res.status(404).end();

    Then make it rare: keep sessions for days rather than minutes, keep them in a store that
    outlives a deployment, or do without. FastMCP: `mcp.http_app(stateless_http=True)`; Python SDK:
    `StreamableHTTPSessionManager(..., stateless=True)`; TypeScript SDK: `sessionIdGenerator:
    undefined` with a new transport for every request. MCP 2026-07-28 has no sessions at all.

    An id that nobody gave out has to get 404, or 200 from a server without sessions:

        curl -si -X POST https://YOUR-HOST/mcp -H "Authorization: Bearer $TOKEN" \\
          -H 'Mcp-Session-Id: gone' -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' | head -1
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, refusal_evidence
from harness.diagnosis.session import kept_session, session_id
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.SESSION,
    party=Party.CLAUDE,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.DEGRADES,
            Confidence.CONTESTED,
            Source("github.com/anthropics/claude-code/issues/60949", seen="2026-05-20"),
        ),
    },
    confidence=Confidence.REPORTED,
    reports=5,
    explains=("session.renewed",),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/450", seen="2026-06-15"),
        Source("github.com/anthropics/claude-code/issues/27425", seen="2026-02-21"),
        Source("github.com/anthropics/claude-code/issues/50450", seen="2026-04-18"),
        Source("github.com/anthropics/claude-code/issues/59410", seen="2026-05-15"),
        Source("github.com/anthropics/claude-code/issues/60949", seen="2026-05-20"),
        Source("github.com/anthropics/claude-code/issues/62198", seen="2026-05-25"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    kept = kept_session(trace)
    if kept is not None:
        yield evidence(kept.good, "response.status", kept.good.status)
        yield from refusal_evidence(kept.refused, "200, or 404 and then a new initialize")
        place = "request.header.mcp-session-id"
        yield evidence(kept.last, place, session_id(kept.last), "a new session")


@pattern.recording
def recording() -> Trace:
    """Two calls in the first hour, two in the second, after a restart of the server."""
    named = (("Mcp-Session-Id", "<session_id:1 32>"),)
    calls = [
        recorded(
            Step.SESSION,
            "https://mcp.example.com/mcp",
            method="POST",
            sent=named,
            status=status,
            purpose=Purpose.CALL_TOOL,
            answer=b"" if status == 200 else b'{"error": "unknown session"}',
        )
        for status in (200, 200, 404, 404)
    ]
    trace = traffic(*calls)
    hourly = (replace(one, started=one.started * 1800) for one in trace.exchanges)
    return replace(trace, exchanges=tuple(hourly))
