"""The tunnel's public edge drops the connection, whatever the machine behind it says.

What happens
    The tunnel's own status says that it is on, and from the same network the server answers. From
    outside, the edge of the tunnel service accepts TCP and cuts the TLS handshake. Claude stops
    while it is checking the connection, and says that it could not connect.

Why it breaks
    A tunnel has two halves: the process on your machine, and the service's edge, which has to know
    which names lead to it. If the edge has lost or never got that, it has no certificate and no way
    for the name. On Tailscale, machines of the same tailnet are led to the machine directly, so a
    test from there never touches the edge.

Fix
    Publish the tunnel anew, and test through the public address.

    Tailscale: the policy must give the node the attribute `funnel`, and HTTPS has to be on for the
    tailnet.

        tailscale funnel reset && tailscale funnel --bg 8000
        tailscale funnel status

    If it stays, restart `tailscaled` and read its log: "no ingress cap" there means that the
    machine itself turns the edge away. In reports of August 2026 that came with version 1.102.1 and
    no reset helped; update it.

    ngrok and cloudflared: restart the agent, and see that the name is the one it prints. A quick
    tunnel gets a new name with every start.

    Any answer over HTTP is right here, an error of the handshake is not:

        dig +short A YOUR-HOST @1.1.1.1
        curl -i --resolve YOUR-HOST:443:THAT-ADDRESS -X POST https://YOUR-HOST/mcp
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.network import UNREACHED, broken_handshake, tunnel
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.network import ConnectFault, Network
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REACH,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=1,
    explains=UNREACHED,
    sources=(Source("github.com/tailscale/tailscale/issues/19508", seen="2026-08-07"),),
)

HOST = "box.tail1a2b.ts.net"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    broken = broken_handshake(trace)
    if broken is not None and broken.failure is not None and tunnel(broken):
        yield evidence(broken, "failure", broken.failure.text, "a certificate")


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"resource": f"https://{HOST}/mcp"}


@pattern.network
def network() -> Network:
    return Network(connects={HOST: ConnectFault.RESET})
