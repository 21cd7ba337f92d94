"""The MCP URL has a port other than 443.

What happens
    The URL entered in Claude names a port, :8443 or the like. Most who report this see Claude wait
    for about half a minute and then say that it could not reach the server, while no packet
    arrives. Claude Code, which runs on the user's own machine, connects.

Why it breaks
    Anthropic's staff once said that connectors reach port 443 alone, and many operators found that
    the same server worked as soon as it moved there. It is contested: in another case staff wrote
    that no port is blocked, and a few logs show Claude's requests on 8443 and 10000. Nobody has
    shown a setup on another port that works reliably, so do not build on it.

Fix
    Serve on 443 and leave the port out of the URL, for the MCP server and for every URL in its
    metadata. `resource` must not keep the port.

    A reverse proxy: for Caddy this is all, where the server itself listens on port 8000 without
    TLS:

        YOUR-HOST {
            reverse_proxy 127.0.0.1:8000
        }

    A tunnel: Cloudflare Tunnel and ngrok publish on 443; so does Tailscale Funnel, unless told
    otherwise:

        tailscale funnel --bg 8000

    Both lines must show the name without a port, and the first a 401:

        curl -si -X POST https://YOUR-HOST/mcp | grep -iE '^HTTP|^www-auth'
        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.network import local_target
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, first_contact, target_is_https
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import port
from scenarios.effects import measured

pattern = Pattern(
    step=Step.REACH,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.NONE)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.CONTESTED,
    reports=14,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/85", seen="2026-03-28"),
        Source("github.com/anthropics/claude-ai-mcp/issues/214", seen="2026-05-10"),
        Source("github.com/anthropics/claude-ai-mcp/issues/521", seen="2026-07-10"),
        Source("github.com/anthropics/claude-ai-mcp/issues/888", seen="2026-08-19"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    first = first_contact(trace)
    if first is None or not target_is_https(trace) or local_target(trace):
        return
    if port(trace.target) != 443:
        yield evidence(first, "request.url", trace.target, "port 443")


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"resource": "https://mcp.reference.test:8443/mcp"}
