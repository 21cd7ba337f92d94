"""Anthropic's own edge blocks a tool call whose arguments look like an attack.

What happens
    One call of a tool fails with `Streamable HTTP error: Error POSTing to endpoint` and an HTML
    page that says "You are unable to access anthropic.com". Other calls of the same tool work. The
    reports come from Claude Code, with connectors that run through Anthropic's servers.

Why it breaks
    The call passes a web application firewall on Anthropic's side, which takes the arguments for an
    attack: SQL, shell commands, paths with `../`, script tags. It never leaves Anthropic, so the
    server's log and the log of its edge have no trace of it. If they do have the request, this is
    not it.

Fix
    Repeat the call with harmless arguments: if that works, and the log has only the second call, it
    is this. The page carries a Ray ID; send that to Anthropic, with the time in UTC and the name of
    the tool.

    Meanwhile change the shape of the arguments: let the tool take the text base64-encoded, or in
    parts, or by reference. In Claude Code a server added directly (`claude mcp add --transport
    http`) does not pass through there.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface

pattern = Pattern(
    step=Step.SESSION,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: Impact.DEGRADES},
    confidence=Confidence.REPORTED,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(
        Source("github.com/anthropics/claude-code/issues/43238", seen="2026-04-03"),
        Source("github.com/anthropics/claude-code/issues/58294", seen="2026-05-12"),
        Source("github.com/anthropics/claude-code/issues/64384", seen="2026-06-01"),
    ),
)
