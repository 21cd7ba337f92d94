"""A host name resolves to public and to private addresses.

What happens
    The name has several addresses, and one of them is private. Browsers and curl try one after the
    other and succeed. Claude looks at the whole answer first, refuses the name, and sends nothing.

Why it breaks
    A name that leads into a private network as well is the usual trick to make a service call its
    own neighbours (DNS rebinding). So Claude wants every address to be public. The private record
    is mostly a leak: a DHCP or Active Directory zone that registers all addresses of a machine, an
    internal record in the public zone, a VPN address next to the real one.

Fix
    Publish public addresses only, and keep the private ones in a zone that the outside does not
    see.

    Active Directory: in the IPv4 properties of the inner network card, under Advanced, DNS, turn
    "Register this connection's addresses in DNS" off, and delete the record. Route 53: move the
    record to a private hosted zone of the same name. A VPN address gets a name of its own.

    Every line of this has to be a public address, for the MCP server and for the authorization
    server:

        dig +short A YOUR-HOST @1.1.1.1; dig +short AAAA YOUR-HOST @1.1.1.1

    If that answer is clean, only the resolver of this machine adds the private address, and
    claude.ai is not concerned. Claude Code is not either: it calls from the user's machine.
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
    reports=2,
    sources=(Source("claude.com/docs/connectors/building/troubleshooting", seen="2026-08"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    seen: set[str] = set()
    for one in by_claude(trace):
        addresses = resolved(one.connection)
        public = sum(map(is_public, addresses))
        if one.connection is None or one.connection.host in seen:
            continue
        if 0 < public < len(addresses):
            seen.add(one.connection.host)
            found = f"{one.connection.host}: {', '.join(addresses)}"
            yield evidence(one, "connection.addresses", found, "public addresses only")


@pattern.network
def network() -> Network:
    return Network(answers={"mcp.reference.test": ("93.184.215.14", "10.0.0.5")})
