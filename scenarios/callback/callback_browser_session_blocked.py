"""Claim: the browser keeps Claude's own cookie back at the callback.

What happens
    The code was issued and the browser was at Claude's callback, yet the token endpoint is never
    called. One person explained that with a blocked cookie of claude.ai, and withdrew the
    explanation two weeks later. Nobody else has shown it, so do not begin here. Claude Code has its
    callback on the user's machine, and needs no cookie.

    How to tell it apart: on the server it looks like every other case of a token request that never
    comes. Run this program first. It finds what is behind most of them: a consent answered with 307
    (consent-redirect-307), a `form-action` policy (consent-csp-form-action), a token endpoint that
    refuses or blocks Claude's broker, a token endpoint with a port of its own.

Why it breaks
    By the claim, settings against third-party cookies or a content blocker drop the cookie that
    ties the callback to the user. But the callback is a page load of claude.ai itself, where its
    cookies are first-party ones, so such settings should not reach them.

Fix
    If all else is ruled out, try once in a fresh browser profile without extensions, signed in to
    claude.ai beforehand. If that works, report the browser, its settings and the extensions. If it
    does not, report the time, the `ofid_` value in the address, and the server's log lines of the
    callback and of the missing token request.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.CONTESTED,
    reports=1,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/683", seen="2026-08-09"),),
)
