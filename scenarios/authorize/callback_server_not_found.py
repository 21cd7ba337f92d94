"""Claude says "Server not found" for a connector of its own.

What happens
    Connect leads to an address of claude.ai that ends in `start-auth/mcpsrv_...`, and it answers
    `{"type": "not_found_error", "message": "Server not found"}`. The MCP server sees no request at
    all.

    How to tell: the text stands on claude.ai, with status 404, before any page of the server. A run
    of this program that connects rules out the server.

Why it breaks
    `mcpsrv_...` is the number under which Claude keeps the connector. It belongs to one that was
    removed, or to another organization or account: an old tab, a bookmarked address, a connector
    deleted by an admin. One report of April 2026 shows it, and was closed; which of these it was is
    not proven. Claude Code's own sign-in does not go through that address.

Fix
    Close all tabs of claude.ai, open Settings, Connectors anew, remove the connector and add it
    again. In a team, check that you are in the right organization, and let an owner add it there.

    If it comes back for a new connector, report the time, the whole `mcpsrv_...` value and the
    `ofid_` value to Anthropic.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.AUTHORIZE,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.OBSERVED,
    reports=1,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/237", seen="2026-04-27"),),
)
