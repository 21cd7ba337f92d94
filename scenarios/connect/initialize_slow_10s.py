"""The first call with the token takes longer than ten seconds.

What happens
    The sign-in works. Then `initialize` with the new token is not answered in time; Claude waits
    ten seconds, tries twice more, and says that the account was authorized but the server returned
    an error when connecting. Where a later try is quick enough it connects, sometimes without
    tools.

Why it breaks
    Claude reads no longer than ten seconds for this answer, and gives listing the tools even less.
    A call without a token is answered at once, because it never gets to the slow part: an instance
    that starts from nothing, a database or an upstream login per session, a tool list fetched from
    elsewhere, the first download of the provider's keys. Claude Code gives the whole connection 30
    seconds.

Fix
    Do in `initialize` nothing but answer. Load what is slow when the process starts, or at the
    first call of a tool, and keep the tool list in memory.

    On serverless hosting keep one instance warm: Cloud Run `--min-instances 1`, Azure Container
    Apps `--min-replicas 1`, Lambda provisioned concurrency, Fly `min_machines_running = 1`.

    Measure after some idle time, twice in a row. Both have to be far below ten seconds:

        curl -s -o /dev/null -w '%{time_starttransfer} s\\n' \\
          -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer TOKEN' \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{
          "protocolVersion":"2025-11-25","capabilities":{},
          "clientInfo":{"name":"test","version":"1"}}}'
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, opening, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import FailureKind, Purpose, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.calls import brings_token, handshake_era, rpc_method
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    claude_shows=Shows.ERROR_WHEN_CONNECTING,
    confidence=Confidence.DOCUMENTED,
    reports=2,
    explains=("connect.accepted",),
    slow=True,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/473", seen="2026-06-25"),
        Source("brendanlong.com/debugging-claude-ai-mcp-connectors.html", seen="2026-07-04"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    without = opening(trace, Voice.RUNTIME)
    # A server that is slow without a token too is slow for another reason.
    if without is None or without.response is None:
        return
    late = [
        one
        for one in trace.at(Step.CONNECT, Purpose.INITIALIZE)
        if one.failure is not None and one.failure.kind is FailureKind.TIMEOUT
    ]
    if late:
        yield from (status_evidence(one, "an answer within 10 s") for one in late)
        yield evidence(without, "timing.total", f"{without.timing.total:.0f} ms without a token")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if brings_token(asked) and rpc_method(asked) == "initialize":
        return replace(answer, delay=12.0)
    return handshake_era(asked, answer)
