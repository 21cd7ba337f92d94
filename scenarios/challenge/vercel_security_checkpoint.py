"""A Vercel Security Checkpoint answers instead of the server.

What happens
    Claude's requests are answered 429 or 403 with a page titled "Vercel Security Checkpoint". A
    browser runs its script and gets through without anybody noticing. Claude's servers are no
    browser: they get HTML instead of a challenge, of metadata or of a token.

Why it breaks
    The firewall of Vercel takes automated clients for an attack. Attack Challenge Mode does it to
    everyone, bot protection and custom rules to some; it may also start by itself, after a burst of
    test requests for example. The deployment behind it sees nothing of this.

Fix
    Let the machine paths pass: `/.well-known/*`, the MCP path and the OAuth endpoints. In the
    Firewall settings of the project turn Attack Challenge Mode off, and add a custom rule with the
    action Bypass for each of these paths. On the command line:

        vercel firewall attack-mode disable
        vercel firewall rules add "mcp" --action bypass \\
          --condition '{"type":"path","op":"pre","value":"/mcp"}'
        vercel firewall publish

    The automatic defence is not bound by custom rules. A system bypass, where the plan has it,
    exempts Anthropic's addresses from everything:

        vercel firewall system-bypass add 160.79.104.0/21

    None of these may print a line; a burst of tests brings the checkpoint back by itself:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i x-vercel-mitigated
        curl -si https://YOUR-HOST/.well-known/oauth-protected-resource \\
          | grep -i x-vercel-mitigated
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, status_evidence, vercel_checkpoint
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.REPORTED,
    reports=2,
    # Which steps it strikes depends on the firewall's rules.
    explains=(
        "challenge.401",
        "challenge.both-voices",
        "challenge.page-may-call",
        "resource-metadata.found",
        "resource-metadata.path-form",
        "server-metadata.found",
        "registration.accepted",
        "token.issued",
        "connect.accepted",
        "refresh.accepted",
    ),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/125", seen="2026-03-29"),
        Source("buildwithmatija.com/blog/oauth-mcp-server-claude", seen="2025-12-26"),
        Source("github.com/vercel-labs/vgpu/issues/228", seen="2026-07-30"),
    ),
)

PAGE = b"""<!doctype html><html lang="en"><head><title>Vercel Security Checkpoint</title></head>
<body><p>We're verifying your browser</p></body></html>"""


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    # A person's browser gets through the checkpoint.
    stopped = [
        one
        for one in trace.exchanges
        if one.voice is not Voice.BROWSER and vercel_checkpoint(one.response)
    ]
    for one in stopped[:1]:
        mitigated = one.response.header("x-vercel-mitigated") if one.response else None
        if mitigated is not None:
            yield evidence(one, "response.header.x-vercel-mitigated", mitigated)
        yield body_evidence(one, "an answer of the server")
    for one in stopped:
        yield status_evidence(one, f"an answer of {one.request.url}")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return Answer(
        429,
        (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Server", "Vercel"),
            ("X-Vercel-Mitigated", "challenge"),
            ("X-Vercel-Challenge-Token", "2.1790000000.60.example"),
        ),
        PAGE,
    )
