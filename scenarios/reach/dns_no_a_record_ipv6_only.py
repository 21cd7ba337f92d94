"""A host name has IPv6 addresses alone.

What happens
    The name has AAAA records and no A record. Every client with IPv6 connects: curl, a browser,
    Claude Code. Claude's servers call over IPv4 only, find no address, and send nothing.

Why it breaks
    The outbound traffic of connectors is IPv4. A host without an A record does not exist for it.
    Hosts on small virtual servers and home connections behind carrier-grade NAT often have a public
    IPv6 address and no IPv4 of their own.

Fix
    Publish an A record, for the MCP server and for the authorization server. Without an IPv4
    address of your own, put something in front that has one:

    A CDN: Cloudflare's proxy answers over IPv4 for an origin that has an AAAA record only. A
    tunnel: Cloudflare Tunnel, ngrok or Tailscale Funnel. Or a small IPv4 host that passes port 443
    on to the IPv6 address.

    The first command must print an address, the second a status line (401 where a sign-in is
    wanted):

        dig +short A YOUR-HOST @1.1.1.1
        curl -4 -si -X POST https://YOUR-HOST/mcp | head -n 1
"""

from collections.abc import Iterator

from harness.diagnosis.network import by_claude, is_public, resolved
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.network import Network
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REACH,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.DOCUMENTED,
    reports=4,
    sources=(
        Source("claude.com/docs/connectors/building/troubleshooting", seen="2026-08"),
        Source("github.com/anthropics/claude-ai-mcp/issues/259", seen="2026-05-12"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    seen: set[str] = set()
    for one in by_claude(trace):
        addresses = resolved(one.connection)
        if one.connection is None or one.connection.host in seen or not addresses:
            continue
        if all(":" in address for address in addresses) and any(map(is_public, addresses)):
            seen.add(one.connection.host)
            found = f"{one.connection.host}: {', '.join(addresses)}"
            yield evidence(one, "connection.addresses", found, "an IPv4 address")


@pattern.network
def network() -> Network:
    return Network(answers={"mcp.reference.test": ("2606:2800:21f:cb07:6820:80da:af6b:8b2c",)})
