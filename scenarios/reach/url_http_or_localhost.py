"""The MCP URL is plain http, which Claude does not accept.

What happens
    The dialog that adds a connector refuses an `http://` URL ("Failed to add connector"), and for
    localhost it says that Claude's servers cannot reach your machine. Here, and in Claude Code, the
    same URL works.

Why it breaks
    Claude connects from Anthropic's servers, and the token travels in a header: both need a public
    https URL. OAuth wants TLS for its endpoints and for every token as well (RFC 6749 sections 3.1
    and 3.2, RFC 6750 section 5.3). Where Claude Code uses such a URL over a network, everybody on
    the way can read the token.

Fix
    Put TLS in front and enter the https URL: a reverse proxy with a certificate (Caddy fetches one
    by itself), the platform's own https name, or a tunnel for a server on your machine:

        cloudflared tunnel --url http://localhost:8000

    Behind it the server has to know its public name, or its metadata goes on naming `http://`:

        uvicorn:   --proxy-headers --forwarded-allow-ips=PROXY-ADDRESS
        Express:   app.set('trust proxy', 1)
        nginx:     proxy_set_header X-Forwarded-Proto $scheme;

    With the Python SDK the https URL also goes into `resource_server_url`, with FastMCP into
    `base_url` of the auth provider. For a server that only you use, run it on your machine over
    stdio.

    The URL in the challenge must begin with https:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i www-authenticate
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.network import local_target
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, first_contact, target_is_https
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REACH,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.DEGRADES)},
    confidence=Confidence.DOCUMENTED,
    reports=3,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/444", seen="2026-06-15"),
        Source("github.com/anthropics/claude-ai-mcp/issues/917", seen="2026-08-24"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    """A local server is rightly http; what it needs once it is deployed is told elsewhere."""
    first = first_contact(trace)
    if first is not None and not target_is_https(trace) and not local_target(trace):
        yield evidence(first, "request.url", trace.target, "an https URL")


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"resource": "http://mcp.reference.test/mcp"}
