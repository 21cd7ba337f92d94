"""A rule in front of the server blocks the User-Agent Claude-User.

What happens
    Claude is two programs. Its sign-in broker calls itself `python-httpx` and gets through, so the
    whole sign-in succeeds. Its runtime calls itself `Claude-User`, and a rule against AI crawlers
    answers it 403. The server's own log stays silent after the token was issued. Claude Code has
    other names and gets through.

Why it breaks
    Content delivery networks and web application firewalls block known AI agents by User-Agent
    (Cloudflare: Block AI bots, AI Crawl Control). Well-known paths are often exempt, so discovery
    looks healthy.

Fix
    Turn the rule off for the MCP path, or allow the User-Agent `Claude-User` and the network
    160.79.104.0/21.

    Cloudflare: the events under Security name the rule ("Manage AI bots"). Look at both places: the
    switch "Block AI bots" and AI Crawl Control have lists of their own, and several operators found
    that a skip rule does not override the switch.

    Vercel: the managed ruleset for AI bots in the Firewall. AWS WAF: `CategoryAI` of the Bot
    Control group; override its action to Count, or put an allow rule before the group.

    Both must get the same status, 401 without a token:

        curl -si -X POST -A python-httpx/0.28.1 https://YOUR-HOST/mcp | head -n 1
        curl -si -X POST -A Claude-User https://YOUR-HOST/mcp | head -n 1
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    body_evidence,
    evidence,
    opening,
    status_evidence,
    vercel_checkpoint,
)
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    claude_shows=Shows.CREDENTIALS_REJECTED,
    confidence=Confidence.DOCUMENTED,
    reports=12,
    explains=("challenge.both-voices", "connect.accepted", "session.stream"),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/125", seen="2026-03-29"),
        Source("github.com/anthropics/claude-ai-mcp/issues/872", seen="2026-08-18"),
        Source("github.com/anthropics/claude-ai-mcp/issues/1061", seen="2026-09-21"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    broker, runtime = opening(trace, Voice.BROKER), opening(trace, Voice.RUNTIME)
    if broker is None or runtime is None or runtime.status != 403:
        return
    if broker.status not in (200, 401) or vercel_checkpoint(runtime.response):
        return
    yield status_evidence(runtime, f"401, as exchange {broker.n} got it")
    yield evidence(runtime, "request.header.user-agent", runtime.request.header("user-agent"))
    yield body_evidence(runtime)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if asked.path != "/mcp" or "Claude-User" not in (asked.header("user-agent") or ""):
        return answer
    blocked = replace(answer, status=403, body=b"Your request was blocked.\n")
    return (
        blocked.without_header("www-authenticate")
        .with_header("Content-Type", "text/plain")
        .with_header("Server", "cloudflare")
        .with_header("CF-RAY", "94a1b2c3d4e5f607-FRA")
    )
