"""The server's public name leads to a private address from here.

What happens
    The name of the server resolves to an address inside a network: 10.x, 172.16 to 172.31, 192.168,
    100.64 (Tailscale), 127, or fc00::/7. From here that works. If the rest of the world gets the
    same answer, Claude resolves the name, sees an address it may not call, and sends nothing; the
    server's log stays empty.

Why it breaks
    Claude calls from Anthropic's servers, and only public addresses. Two cases look alike from
    here. Either the public zone itself holds the private address; then Claude refuses the server.
    Or the name has two answers, one inside (router, VPN, hosts file, a second DNS zone) and one for
    everybody else; then every test from here takes a path that Claude does not have, and says
    nothing about the public one: port forwarding, firewall, certificate.

Fix
    Test what the world sees, not what this machine sees:

        dig +short A YOUR-HOST            # what this machine is told
        dig +short A YOUR-HOST @1.1.1.1   # what Claude is told
        curl -si --resolve YOUR-HOST:443:PUBLIC-ADDRESS \\
          -X POST https://YOUR-HOST/mcp

    If the second answer is private, publish a public A record, or put a tunnel in front
    (Cloudflare Tunnel, ngrok, Tailscale Funnel; `tailscale serve` alone stays private).

    If it is public and the curl fails, repair the public path. It is right when the curl shows the
    server's own answer: 401 where a sign-in is wanted, 200 or a complaint about the body else.

    A server that is not meant to be public needs none of this: run it over stdio, or use it from
    Claude Code, which may call private addresses.
"""

from collections.abc import Iterator

from harness.diagnosis.network import is_public, local_name, resolved
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, first_contact
from harness.model.network import Network
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import host
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REACH,
    party=Party.CONFIGURATION,
    # A server under development is rightly private, and what others resolve is not known here.
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.DOCUMENTED,
    reports=6,
    aliases=("dns-split-horizon-local-test",),
    sources=(
        Source("claude.com/docs/connectors/building/troubleshooting", seen="2026-08"),
        Source("github.com/anthropics/claude-ai-mcp/issues/214", seen="2026-05-09"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    first = first_contact(trace)
    if first is None or local_name(host(first.request.url)):
        return
    addresses = resolved(first.connection)
    if addresses and not any(map(is_public, addresses)):
        yield evidence(first, "connection.addresses", ", ".join(addresses), "public addresses")


@pattern.network
def network() -> Network:
    """An address of the range that Tailscale and carriers use (RFC 6598)."""
    return Network(answers={"mcp.reference.test": ("100.101.102.103",)})
