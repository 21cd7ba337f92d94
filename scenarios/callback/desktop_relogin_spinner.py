"""The tab stays at "Trying to sign you back in" after the callback.

What happens
    The sign-in went well: the server issued a code and a token, and its log shows no error. The
    browser tab, opened by Claude Desktop, then shows a spinner with "Trying to sign you back in"
    and never closes. One report of March 2026 describes it, for two servers with a Google sign-in;
    it was closed without an answer. Another of January 2026 has a tab that loads for ever while
    Desktop is connected all the same.

    How to tell: the token endpoint answered 200 in the server's log. A run of this program that
    connects rules out the server. A run that fails does not: mend what it names first.

Why it breaks
    Not known. The reporter took the page for the identity provider's, as which a tab stays when
    nothing loads after it: behind its callback Claude hands over to Desktop by a `claude://` link.
    Nothing of the server takes part in that. One cause of failed connections from Desktop was known
    to Anthropic in February 2026: the browser was not signed in to claude.ai, or to another
    account.

Fix
    Look in Desktop first, under Settings, Connectors: if the connector is there and connected,
    close the tab.

    If not, open claude.ai in the browser that Desktop uses, sign in with the same account, and
    connect the connector there. Connectors are kept with the account, so Desktop has it afterwards.
    Then restart Desktop.

    When reporting to Anthropic, give the time, the version of Desktop, whether claude.ai works, and
    the log lines that show the token was issued, without the token.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.OBSERVED,
    reports=1,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(
        Source("github.com/anthropics/claude-code/issues/40102", seen="2026-03-28"),
        Source("github.com/anthropics/claude-code/issues/16006", seen="2026-01-01"),
        Source("github.com/anthropics/claude-ai-mcp/issues/38", seen="2026-02-02"),
    ),
)
