"""The server settles on an MCP version that is too old for Claude.

What happens
    The sign-in works and the token is issued. Claude sends `initialize` with the version
    2025-11-25, and the server answers with a version before 2025-06-18, mostly 2024-11-05. Two
    operators saw no request after that, and the message that authorization had failed; a newer
    version in the answer cured it.

Why it breaks
    The server's answer decides which version is spoken, and a client that does not know it ends the
    connection (MCP 2025-11-25, lifecycle: version negotiation). Servers written by hand often send
    the same string for ever. Anthropic has not confirmed where the limit lies, and a server that
    answers 2024-11-05 was described as working in May 2026, so this may not be the whole cause.
    Claude Code was measured to go on with an older version.

Fix
    Answer with the version the client asked for where you support it, else with your newest:

        const known = ["2025-11-25", "2025-06-18"];
        const asked = request.params.protocolVersion;
        result.protocolVersion = known.includes(asked) ? asked : known[0];

    With an SDK, update it. The versions differ little for a server that has tools alone; from
    2025-06-18 on the client also sends the header `MCP-Protocol-Version`.

    The version in the answer has to be the one asked for:

        curl -s -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer TOKEN' \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{
          "protocolVersion":"2025-11-25","capabilities":{},
          "clientInfo":{"name":"test","version":"1"}}}' \\
          | grep -oE '"protocolVersion": *"[^"]*"'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.diagnosis.rows_challenge import OLDEST_VERSION, agreed_version
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.calls import edited_result, handshake_era, rpc_method
from scenarios.effects import measured

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.NONE)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.REPORTED,
    reports=4,
    explains=("connect.version",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/136", seen="2026-05-16"),
        Source("github.com/brickly26/MS-Access-mcp/issues/2", seen="2026-02-15"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    found = agreed_version(trace)
    if found is not None and found[1] < OLDEST_VERSION:
        place = "response.body.result.protocolVersion"
        yield evidence(found[0], place, found[1], f"{OLDEST_VERSION} or newer")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A server of the first days, which knows one version."""
    if rpc_method(asked) != "initialize":
        return handshake_era(asked, answer)
    return edited_result(answer, lambda found: {**found, "protocolVersion": "2024-11-05"})
