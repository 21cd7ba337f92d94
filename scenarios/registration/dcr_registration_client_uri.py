"""The registration answer has no registration_client_uri, which is no failure.

What happens
    Nothing that this explains. One project added `registration_client_uri` to its registration
    answer while it looked for the reason of "Couldn't reach the MCP server", and took it for the
    cure. It is listed here so that nobody loses an evening with it.

    How to tell: there is nothing to look for. The reference server of this program, the official
    Python and TypeScript SDKs and FastMCP answer without the member, and the sign-in goes on.

Why it breaks
    It does not. The member belongs to the management protocol (RFC 7592 section 3), which is
    optional: it tells a client where it may later read, change or delete its registration. Claude
    was never seen to do that. The report shows that two things happened at the same time, no more.

Fix
    Leave it out, unless you offer client management and issue a `registration_access_token` with
    it. The text Claude showed means the steps before the sign-in: reach, the 401, the metadata. Let
    a check of this program run and look at those.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.NONE, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.CONTESTED,
    reports=1,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(
        Source("github.com/twentyhq/twenty/issues/19858", seen="2026-04-19"),
        Source("github.com/akutishevsky/withings-mcp/issues/30", seen="2026-04"),
    ),
)
