"""The TLS handshake is cut off before the server shows its certificate.

What happens
    The TCP connection opens, and the other side closes or resets it as soon as TLS begins. Claude
    says that it could not reach the server, or that registration failed; the access log of the
    server is empty, because no HTTP request ever existed.

Why it breaks
    A firewall, an intrusion filter or the hoster drops the connection by its source address: often
    addresses of data centers, or of other countries, are unwelcome. Then only some see it. Or it
    hits everybody: nothing speaks TLS behind the port, the listener has no certificate for this
    name, or it only accepts TLS versions that are no longer spoken.

Fix
    Find out whom it hits: try from a home connection and from a cloud machine. A certificate and
    "Verify return code" have to appear:

        openssl s_client -connect YOUR-HOST:443 -servername YOUR-HOST \\
          </dev/null

    If it fails everywhere, repair the listener: certificate and name in its configuration, TLS 1.2
    and 1.3.

    If only cloud machines fail, allow 160.79.104.0/21 (AS399358) at every filter in the way: the
    hoster's protection, the router's country block, the host's firewall, fail2ban (`ignoreip` in
    `jail.local`), CrowdSec. With ufw:

        ufw allow proto tcp from 160.79.104.0/21 to any port 443

    Where you cannot, a CDN in front helped one reporter. Do the same for the authorization server:
    Claude calls it from the same addresses. Claude Code calls from its user's address, so it can
    work while claude.ai does not.
"""

from collections.abc import Iterator

from harness.diagnosis.network import UNREACHED, broken_handshake, tunnel
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.network import ConnectFault, Network
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REACH,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.DOCUMENTED,
    reports=3,
    explains=UNREACHED,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/479", seen="2026-06-25"),
        Source("github.com/anthropics/claude-ai-mcp/issues/214", seen="2026-05-10"),
        Source("github.com/anthropics/claude-ai-mcp/issues/803", seen="2026-08-07"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    broken = broken_handshake(trace)
    # At a tunnel's edge it has another reason.
    if broken is None or broken.failure is None or tunnel(broken):
        return
    yield evidence(broken, "failure", broken.failure.text, "a certificate")
    peer = broken.connection.peer if broken.connection else None
    if peer is not None:
        yield evidence(broken, "connection.peer", f"TCP opened to {peer}")


@pattern.network
def network() -> Network:
    return Network(connects={"mcp.reference.test": ConnectFault.RESET})
