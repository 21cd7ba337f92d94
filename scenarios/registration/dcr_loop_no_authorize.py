"""Claude registers, gets 201, and never opens the sign-in page.

What happens
    The log shows a registration with 201, then the first call without a token again, the metadata
    again, another registration, up to three times. No authorization request follows. The user reads
    that Claude could not register, although it did.

    How to tell: run this program against the server. If it comes to the sign-in page with dynamic
    registration and reports nothing about the registration, the server's answer is in order as far
    as is known. An authorization request need not stand in the same log: it comes from the user's
    browser, to the host of `authorization_endpoint`. Look there first, for a blocked popup and for
    an edge that answered in the server's place too.

Why it breaks
    Not known. Six reports from January to September 2026 show it, all of them from claude.ai; three
    were open as of 2026-09-22. In one the same server worked with Claude Code, in another a second
    copy of it under another host name connected at once. Either Claude objects to something in the
    answer and does not say so, or it lost the client before the browser opened.

Fix
    Make the registration answer plain, so that nothing in it can be the reason: 201,
    `application/json`, `Cache-Control: no-store`, no empty or null members, the method and the
    secret as they belong together, `redirect_uris` as sent.

    Then go around it: offer client metadata documents (CIMD), or enter a client id by hand in the
    connector's settings. Try another host name for the server, if you have one.

    If it stays, report to Anthropic: the times in UTC of each registration, the answer's headers
    and body without the secret, the `ofid_` value, and that this program got to the sign-in page.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Effect, Impact, Party, Shows, Source, Surface

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.CLAUDE,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.NONE,
            Confidence.OBSERVED,
            Source("github.com/anthropics/claude-code/issues/30511", seen="2026-03-03"),
        ),
    },
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.OBSERVED,
    reports=4,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/5", seen="2026-01-14"),
        Source("github.com/anthropics/claude-code/issues/33578", seen="2026-03-12"),
        Source("github.com/anthropics/claude-code/issues/30511", seen="2026-03-03"),
        Source("github.com/anthropics/claude-ai-mcp/issues/546", seen="2026-07-04"),
        Source("github.com/brendanlong/lion-reader/issues/986", seen="2026-09-01"),
        Source("github.com/anthropics/claude-ai-mcp/issues/1051", seen="2026-09-17"),
    ),
)
