"""Connected, and the tools never reach the conversation.

What happens
    The connector shows as connected and its tools are listed in the settings, but in a conversation
    Claude knows nothing of them. The server's log has `tools/list` with 200, and never a
    `tools/call`. Claude Code was reported to show a connected server without tools as well, now and
    then, while the Inspector saw all of them.

Why it breaks
    The cause is inside Claude and not known. It looks the same when the user has switched the
    connector or its tools off in that conversation, and when the list of tools is refused as a
    whole; the latter can be checked from outside.

Fix
    Rule the server out first: run `harness check`, which looks at the names of tools
    (tool-name-pattern), at output schemas (tool-output-schema-anyof) and at the notification after
    the handshake (notification-not-202).

    Then look at the tools menu of the conversation, and switch the connector off and on there;
    begin a new conversation; remove the connector and add it anew, under another name. One user was
    helped by a client id and secret of their own in the connector's settings. In Claude Code,
    reconnect the server in `/mcp`.

    Report it to Anthropic with the time of the `tools/list` call in UTC, its answer, and a link to
    the conversation. The list as any client gets it:

        npx @modelcontextprotocol/inspector --cli https://YOUR-HOST/mcp \\
          --transport http --method tools/list \\
          --header 'Authorization: Bearer TOKEN'
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Effect, Impact, Party, Source, Surface

pattern = Pattern(
    step=Step.SESSION,
    party=Party.CLAUDE,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.DEGRADES,
            Confidence.OBSERVED,
            Source("github.com/anthropics/claude-code/issues/88392", seen="2026-08-20"),
        ),
    },
    confidence=Confidence.OBSERVED,
    reports=7,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/1052", seen="2026-09-17"),
        Source("github.com/anthropics/claude-ai-mcp/issues/692", seen="2026-07-24"),
        Source("github.com/anthropics/claude-ai-mcp/issues/535", seen="2026-07-16"),
        Source("github.com/modelcontextprotocol/modelcontextprotocol/issues/1675", seen="2026-07"),
        Source("github.com/anthropics/claude-code/issues/88392", seen="2026-08-20"),
    ),
)
