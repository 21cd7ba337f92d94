"""Claude Desktop opens about:blank again and again.

What happens
    In Claude Desktop the window for the sign-in shows `about:blank`, closes, and comes back. The
    server sees no request. It is a cluster of reports from 2025 with no proven cause, and none is
    known from 2026.

Why it breaks
    The window is opened before Claude knows where to send the user. It stays empty when the step
    before it failed: Claude's servers could not reach the MCP server, or found nothing to sign in
    at. The best known report had its server on port 8383; others had none of the usual causes. So
    part of it may be a defect of Claude Desktop.

Fix
    Look for the failure before the window, not for one in it. Add the same connector at claude.ai
    in a browser: there the failure has a text and a reference (`ofid_...`), and what it says holds
    for Desktop too, because both use the same servers.

    Then check the server. Port 443, public IPv4 addresses, a valid certificate and a 401 for the
    first request are what has to hold; any finding explains the empty window:

        harness check https://YOUR-HOST/mcp

    If claude.ai connects and Desktop does not, update Desktop, quit it completely, remove the
    connector and add it again.

    If both fail and the check finds nothing, report it to Anthropic: the reference from claude.ai,
    the time in UTC, the versions of Desktop and of the operating system, the server's URL, and that
    the log of the outermost proxy is empty. Claude Code opens its own sign-in page in the browser
    and is a way around meanwhile.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REACH,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.OBSERVED,
    reports=3,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(
        Source("github.com/anthropics/claude-code/issues/11814", seen="2025-11"),
        Source("github.com/anthropics/claude-code/issues/5826", seen="2025-08"),
        Source("github.com/anthropics/claude-ai-mcp/issues/5", seen="2025-12-18"),
    ),
)
