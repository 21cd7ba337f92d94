"""Anthropic's own edge blocks a tool call whose arguments look like an attack.

What happens
    One call of a tool fails with `Streamable HTTP error: Error POSTing to endpoint` and an HTML
    page that says "You are unable to access anthropic.com". Other calls of the same tool work. The
    reports come from Claude Code, with connectors of the claude.ai account, whose calls run through
    `mcp-proxy.anthropic.com`. One saw harmless calls blocked too for a quarter of an hour after.

Why it breaks
    The call passes a web application firewall on Anthropic's side, which takes the arguments for an
    attack: SQL, shell commands, paths with `../`, script tags. It never leaves Anthropic, so the
    server's log and the log of its edge have no trace of it. If they do have the request, this is
    not it. No report names a conversation in claude.ai itself.

Fix
    Keep what looks like an attack out of the plain text of the arguments: let the tool take it
    base64-encoded, or in parts, or by reference. Base64 helped those who tried it.

    In Claude Code, a server that is added directly does not pass through there:

        claude mcp add --transport http NAME https://YOUR-HOST/mcp

    To be sure of the cause, repeat the call with harmless arguments: if that works, and the
    server's log has only the second call, it is this. The page carries a Ray ID; send that to
    Anthropic, with the time in UTC and the name of the tool.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Effect, Impact, Party, Source, Surface

pattern = Pattern(
    step=Step.SESSION,
    party=Party.CLAUDE,
    impact={
        Surface.CLAUDE_AI: Effect(
            Impact.DEGRADES,
            Confidence.OBSERVED,
            Source("github.com/anthropics/claude-code/issues/64350", seen="2026-05-31"),
        ),
        Surface.CLAUDE_CODE: Impact.DEGRADES,
    },
    confidence=Confidence.REPORTED,
    reports=4,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(
        Source("github.com/anthropics/claude-code/issues/64384", seen="2026-06-01"),
        Source("github.com/anthropics/claude-code/issues/64350", seen="2026-05-31"),
        Source("github.com/anthropics/claude-code/issues/58294", seen="2026-05-12"),
        Source("github.com/anthropics/claude-code/issues/43238", seen="2026-04-03"),
    ),
)
