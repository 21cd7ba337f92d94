"""The sign-in succeeds, and the connector stays unconnected.

What happens
    Every request is answered as it should be, and Claude comes back to a URL with `step=success`.
    The list of connectors still says "You started connecting but didn't finish".

Why it breaks
    Claude did not keep what it had. The cause is on Claude's side and not known; there is one
    report, open as of August 2026. Claude Code keeps its connections on the user's machine and is
    not concerned.

Fix
    Nothing can be mended on the server, so make sure that it is this: `harness check` passes, and
    the server's log has the token request and then `tools/list`, all with 2xx. If the log ends at
    the token, it is something else (bearer-never-sent).

    Reload the page. Then connect from another surface, the desktop app or the phone: connectors
    belong to the account, so what is connected there is connected everywhere. At last remove the
    connector and add it again.

    Report it to Anthropic with the whole URL after the return, the time in UTC and the connector's
    URL.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.SESSION,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    claude_shows=Shows.STARTED_NOT_FINISHED,
    confidence=Confidence.OBSERVED,
    reports=1,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/914", seen="2026-08-23"),),
)
