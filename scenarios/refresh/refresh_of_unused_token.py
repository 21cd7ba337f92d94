"""Claude keeps renewing a token that it never uses.

What happens
    The connector failed, or was never used, and yet the token endpoint keeps getting
    `grant_type=refresh_token` for it, on schedule and with success. In the server's records the
    tokens have never been presented at the MCP endpoint. By itself it does no harm.

Why it breaks
    The part of Claude that renews tokens holds the credentials and does its work, while the part
    that calls the MCP server does not call, or is kept away. Three operators saw it (open as of
    2026-09-22); the cause is inside Claude, or in front of the server. It proves two things: the
    sign-in was good, and the broker's requests reach you.

Fix
    Rule out first that the calls are made and do not arrive, because that was the answer in most of
    these cases. Read the log of the edge, not of the application, for the User-Agent `Claude-User`
    and the network 160.79.104.0/21: a 403 there means a rule against AI crawlers.

    Look at the first call with the token: it has to be answered within ten seconds, and not with
    401 because of `aud` or `iss`. A refresh right after the token was issued is Claude's reaction
    to such a 401.

    Send the same POST with both of Claude's User-Agents:

        curl -s -o /dev/null -w '%{http_code}\\n' -X POST \\
          -A python-httpx/0.28.1 https://YOUR-HOST/mcp
        curl -s -o /dev/null -w '%{http_code}\\n' -X POST \\
          -A Claude-User https://YOUR-HOST/mcp

    Both have to print 401. If they do and the edge's log is silent, report it to Anthropic with the
    `ofid_` of the failed attempt, the times in UTC of the token and of three refreshes, their
    source addresses, and the statement that no call came at the edge. Tell the user to take the
    connector out and add it again meanwhile.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REFRESH,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.OBSERVED,
    reports=3,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/680", seen="2026-08-17"),
        Source("github.com/anthropics/claude-ai-mcp/issues/872", seen="2026-08"),
        Source("github.com/anthropics/claude-ai-mcp/issues/299", seen="2026-05-15"),
    ),
)
