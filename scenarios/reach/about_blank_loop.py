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
    Add the same connector at claude.ai in a browser. There the failure has a text and a reference
    (`ofid_...`), and what it says holds for Desktop too, because both use the same servers.

    Then check the server with this harness: port 443, public IPv4 addresses, a valid certificate, a
    401 for the first request. Any finding there explains the empty window. If claude.ai connects
    and Desktop does not, update Desktop, quit it completely, remove the connector and add it again.

    If both fail and the harness finds nothing, report it to Anthropic: the reference from
    claude.ai, the time in UTC, the versions of Desktop and of the system, the server's URL, and
    that the log of the outermost proxy is empty. Claude Code is a way around meanwhile.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface

pattern = Pattern(
    step=Step.REACH,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    confidence=Confidence.OBSERVED,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(
        Source("github.com/anthropics/claude-code/issues/11814", seen="2025-11"),
        Source("github.com/anthropics/claude-code/issues/5826", seen="2025-08"),
        Source("github.com/anthropics/claude-ai-mcp/issues/5", seen="2025-12-18"),
    ),
)
