"""No request of Claude arrives at the server.

What happens
    Claude says that it could not reach the server, or "Failed to start MCP authorization", and the
    address of the page has `step=start_error` with a `flow_id`. The recording of the server's
    traffic, or its log, holds no request of Claude at all.

Why it breaks
    This is a symptom with many causes, and no diagnosis. Where staff of Anthropic looked at such
    reports, they found different ones. Roughly the commonest first:

        1. The name: private, mixed or IPv6-only addresses. Claude sends
           nothing then.
        2. The port: something else than 443 (contested, but repaired so by many).
        3. TLS: a handshake reset for foreign addresses; a certificate that
           is incomplete, untrusted, expired or for another name.
        4. An edge answers in the server's place: a bot rule, a challenge page, an
           access gate. Its log has the requests, the server's has not.
        5. The requests go to another host: the one in the metadata, or an
           older address.
        6. Claude still keeps the failure of an earlier attempt.
        7. Claude itself: an incident, or a defect in finding the sign-in server.

Fix
    Find the layer that stops it. Run the harness against the public URL from a machine outside of
    the server's network: it recognises most of 1 to 5, but no rule that goes by the source address.

    Then look into the log of the outermost thing that answers (CDN, load balancer, firewall), not
    of the application, for 160.79.104.0/21 and the User-Agents `python-httpx` and `Claude-User`.
    Where no CDN is in front, watch the packets while somebody presses Connect:

        sudo tcpdump -ni any 'tcp port 443 and src net 160.79.104.0/21'

    No packet: 1, 2, 7, or a filter of the hoster. Packets and no request: 3 or 4. Claude Code calls
    from its user's machine: if it connects to the same URL, 1, 2, 6 and 7 and filters by source
    address are left.

    If every layer is clean, report it to Anthropic with the fresh reference (`ofid_...`) and the
    time in UTC; their traces are kept for a few weeks only.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REACH,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.OBSERVED,
    reports=9,
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/214", seen="2026-05-10"),
        Source("github.com/anthropics/claude-ai-mcp/issues/227", seen="2026-04-24"),
        Source("github.com/anthropics/claude-ai-mcp/issues/541", seen="2026-07-03"),
        Source("github.com/anthropics/claude-ai-mcp/issues/803", seen="2026-08-07"),
    ),
)

_LONG_ENOUGH = 30
"""Seconds of listening; Claude gives up within about thirty."""


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    # A run of our own client says what was chosen for it before it begins.
    if trace.exchanges or trace.notes or trace.choices or trace.finished is None:
        return
    seconds = trace.finished - trace.started
    if seconds >= _LONG_ENOUGH:
        yield Evidence(exchange=0, place="request", quote=f"none in {seconds:.0f} seconds")


@pattern.recording
def recording() -> Trace:
    return Trace(
        target="https://mcp.example.com/mcp",
        surface=Surface.CLAUDE_AI,
        started=1_790_000_000.0,
        finished=1_790_000_090.0,
    )
