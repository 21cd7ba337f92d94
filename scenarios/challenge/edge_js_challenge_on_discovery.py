"""A page that tests for browsers answers instead of the server.

What happens
    An edge answers machine addresses (metadata, registration, token, MCP) with a page whose script
    tests for a browser: "Just a moment..." or a captcha. A person's browser passes it unnoticed.
    Claude's servers run no scripts: they find no metadata, guess addresses, and fail there. Claude
    Code was seen to say "SDK auth failed: Failed to parse JSON".

Why it breaks
    Cloudflare's managed challenge, Bot Fight Mode and "Under attack", the challenge actions of AWS
    WAF, and the captchas of shared hosters take every client without JavaScript for a bot. The
    server itself sees nothing of these requests.

Fix
    Let the machine paths pass: `/.well-known/*`, the MCP path, and the endpoints for registration,
    token and authorization.

    Cloudflare: a custom rule with the action Skip for these paths, before the others, with Super
    Bot Fight Mode and Security Level among what it skips. Bot Fight Mode of the free plan cannot be
    skipped: turn it off, or let Claude alone past it by an IP Access rule that allows AS399358.

    AWS WAF: an allow rule for these paths with a lower priority number than the rule that
    challenges. Hosters: ask for the captcha to be taken off the host.

    None of these may print a line:

        curl -si https://YOUR-HOST/.well-known/oauth-protected-resource \\
          | grep -iE 'cf-mitigated|x-amzn-waf-action|just a moment'
        curl -si -X POST https://YOUR-HOST/mcp \\
          | grep -iE 'cf-mitigated|x-amzn-waf-action|just a moment'
"""

from collections.abc import Iterator

from harness.diagnosis.network import bot_challenge, by_claude
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import (
    Confidence,
    Effect,
    Evidence,
    Impact,
    Party,
    Shows,
    Source,
    Surface,
)

_CODE = Source("github.com/anthropics/claude-code/issues/72673", seen="2026-07-01")

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.INFRASTRUCTURE,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(Impact.BREAKS, Confidence.OBSERVED, _CODE),
    },
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.DOCUMENTED,
    reports=3,
    # Which steps it strikes depends on the rules of the edge.
    explains=(
        "challenge.401",
        "challenge.both-voices",
        "challenge.page-may-call",
        "resource-metadata.found",
        "resource-metadata.path-form",
        "server-metadata.found",
        "server-metadata.json",
        "registration.accepted",
        "token.issued",
        "connect.accepted",
        "refresh.accepted",
    ),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/279", seen="2026-05-11"),
        _CODE,
        Source("github.com/NSHipster/sosumi.ai/issues/22", seen="2025-11"),
    ),
)

_SIGNS = ("cf-mitigated", "x-amzn-waf-action")
PAGE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>"
    b"<script>window._cf_chl_opt={cType:'managed'}</script></body></html>"
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    stopped = [one for one in by_claude(trace) if bot_challenge(one.response)]
    for one in stopped[:1]:
        for name in _SIGNS:
            sign = one.response.header(name) if one.response else None
            if sign is not None:
                yield evidence(one, f"response.header.{name}", sign, "(absent)")
        yield body_evidence(one, "an answer of the server")
    for one in stopped:
        yield status_evidence(one, f"an answer of {one.request.url}")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.path.startswith("/.well-known/"):
        return answer
    headers = (
        ("Content-Type", "text/html; charset=UTF-8"),
        ("Server", "cloudflare"),
        ("CF-Mitigated", "challenge"),
        ("CF-RAY", "94a1b2c3d4e5f607-FRA"),
    )
    return Answer(403, headers, PAGE)
