"""A tool answered, and Claude could not take its result.

What happens
    The tool call reaches the server and is answered 200 within a second or so. The conversation
    shows "Tool result could not be submitted" all the same.

Why it breaks
    Between its own parts Claude could not store the result; one report found a 404 of claude.ai's
    own interface in the browser's network tab. The server is not involved any more by then. Claude
    Code has no such part. A result that is far too long (the limit is about 150,000 characters) is
    another failure, and the server's.

Fix
    Nothing can be mended on the server. Check that its log has the call, with 200 and a short
    duration, and that the result is small. Then try again in a new conversation.

    If it stays, report it to Anthropic with the link to the conversation, the time in UTC, and the
    failed request from the browser's network tab.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.SESSION,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.OBSERVED,
    reports=1,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/207", seen="2026-04-22"),),
)
