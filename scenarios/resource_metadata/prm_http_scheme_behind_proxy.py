"""The server publishes http addresses of itself.

What happens
    The server is reached by https, but the addresses in its metadata or in its challenge begin
    with `http://`. Claude compares `resource` with the URL it was given; the scheme differs, so it
    throws the document away and guesses the sign-in addresses, which fails. Clients built on the
    MCP SDKs stop with "Protected resource http://... does not match expected https://...".

Why it breaks
    TLS ends at a proxy or load balancer, and the application behind it sees plain http. It builds
    its addresses from the request it sees and does not look at `X-Forwarded-Proto`. RFC 9728
    section 1.2 and RFC 8414 section 2 allow https only.

Fix
    Configure the public base URL, and build every published address from it: FastMCP `base_url`,
    Python SDK `issuer_url` and `resource_server_url`, `mcp-handler` `resourceUrl`. Or have the
    proxy send the scheme (nginx):

        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header Host $host;

    and let the framework trust the proxy: uvicorn `--proxy-headers --forwarded-allow-ips=PROXY-IP`,
    Express `app.set("trust proxy", 1)`, ASP.NET Core `UseForwardedHeaders`, Spring Boot
    `server.forward-headers-strategy=framework`. If TLS ends before nginx, at a load balancer or a
    tunnel, `$scheme` is `http` there as well: pass `$http_x_forwarded_proto` on instead.

    Neither of these may print anything:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | grep -o 'http://[^"]*'
        curl -si -X POST https://YOUR-HOST/mcp | grep -o 'http://[^"]*'
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.rows_discovery import https_only
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_resource_metadata
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=8,
    explains=(
        "resource-metadata.https",
        "resource-metadata.resource",
        "resource-metadata.server",
        "server-metadata.found",
        "server-metadata.json",
        "server-metadata.issuer",
        "registration.accepted",
    ),
    sources=(
        Source("github.com/andrea-magni/MARS/issues/203", seen="2026-09-17"),
        Source("github.com/CitizenLabDotCo/citizenlab/issues/14027", seen="2026-06-04"),
        Source("github.com/tuist/tuist/issues/9663", seen="2026-03-02"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    yield from https_only(trace)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The application behind the proxy builds the document from the plain request it sees."""
    if not is_resource_metadata(asked):
        return answer
    return replace(answer, body=answer.body.replace(b"https://", b"http://"))
