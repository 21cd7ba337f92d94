"""Claude's tab stays at "Trying to sign you back in" after the callback.

What happens
    The sign-in went well: the server issued a code and a token, and its log shows no error. The
    browser tab, opened by Claude Desktop, then shows a spinner with "Trying to sign you back in"
    and never closes. One report of March 2026 describes it; it was closed without an answer.

    How to tell: the token endpoint answered 200 in the server's log, and the tab is on claude.ai.
    A run of this program that connects rules out the server. A run that fails does not: mend what
    it names first.

Why it breaks
    The spinner is a page of Claude's, behind the callback. Nothing of the server takes part in it
    any more. The reason is not known.

Fix
    Open claude.ai in a browser, sign in there, and connect the connector under Settings,
    Connectors. Connectors are kept with the account, so Desktop has it afterwards. Then close the
    tab and restart Desktop.

    When reporting to Anthropic, give the time, the version of Desktop, whether claude.ai works, and
    the log lines that show the token was issued, without the token.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    confidence=Confidence.OBSERVED,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(Source("github.com/anthropics/claude-code/issues/40102", seen="2026-03-28"),),
)
