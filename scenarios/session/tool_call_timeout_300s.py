"""A tool call takes longer than Claude waits.

What happens
    A call of a tool is not answered within 300 seconds. The hosted Claude gives up and tells the
    model that the call timed out; Claude Code does so after five minutes without an answer or a
    sign of progress. One user of Claude Desktop saw calls of connectors end after four minutes.
    What the tool has done by then stays done, and its result is lost.

Why it breaks
    The limit is Claude's, by design, for the whole call. Proxies in front of the server often have
    a shorter one of their own: Amazon API Gateway 29 seconds, nginx and AWS's application load
    balancer 60.

Fix
    Let the tool start the work and answer at once with a handle, and let a second tool ask for the
    state and the result. Or split the work into calls with a cursor, each far below the limit.

    Progress notifications keep a call of Claude Code alive; do not count on them elsewhere. Its
    users can also wait longer, for one server or for all (milliseconds):

        claude mcp add-json NAME \\
          '{"type":"http","url":"https://YOUR-HOST/mcp","timeout":900000}'

        export CLAUDE_CODE_MCP_TOOL_IDLE_TIMEOUT=900000

    Make repeating a call harmless (an idempotency key among the arguments): after a timeout the
    model tends to try again.

    Time the call through the public address; it should stay well below 240 seconds:

        curl -s -o /dev/null -w '%{http_code} %{time_total} s\\n' \\
          -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer TOKEN' \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{
          "name":"TOOL","arguments":{}}}'
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.trace import Purpose, Step, Timing, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.hand_made import recorded, traffic

LIMIT = 300_000.0
"""Milliseconds."""

pattern = Pattern(
    step=Step.SESSION,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.DEGRADES,
        Surface.CLAUDE_CODE: Effect(
            Impact.DEGRADES,
            Confidence.DOCUMENTED,
            Source("code.claude.com/docs/en/mcp", seen="2026-09"),
        ),
    },
    confidence=Confidence.DOCUMENTED,
    reports=1,
    sources=(
        Source("claude.com/docs/connectors/faq", seen="2026-10"),
        Source("code.claude.com/docs/en/mcp", seen="2026-09"),
        Source("github.com/anthropics/claude-code/issues/64614", seen="2026-06"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for called in trace.exchanges:
        if called.purpose is Purpose.CALL_TOOL and called.timing.total >= LIMIT:
            seconds = f"{called.timing.total / 1000:.0f} s"
            yield evidence(called, "timing.total", seconds, f"less than {LIMIT / 1000:.0f} s")


@pattern.recording
def recording() -> Trace:
    called = recorded(
        Step.SESSION, "https://mcp.example.com/mcp", method="POST", purpose=Purpose.CALL_TOOL
    )
    return traffic(replace(called, timing=Timing(wait=301_000.0, read=2.0, total=301_002.0)))
