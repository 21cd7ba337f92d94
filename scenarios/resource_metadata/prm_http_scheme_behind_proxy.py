"""The server publishes http addresses of itself.

What happens
    The server is reached by https, but the addresses in its metadata or in its challenge begin
    with `http://`. Claude compares `resource` with the URL it was given; the scheme differs, so it
    throws the document away and guesses the sign-in addresses, which fails.

Why it breaks
    TLS ends at a proxy or load balancer, and the application behind it sees plain http. It builds
    its addresses from the request it sees and does not look at `X-Forwarded-Proto`. RFC 9728
    section 1.2 and RFC 8414 section 2 allow https only.

Fix
    Better: configure the public base URL, and build every published address from it. Or let the
    framework trust the proxy (uvicorn `--proxy-headers --forwarded-allow-ips=...`, Express
    `app.set("trust proxy", 1)`, ASP.NET `UseForwardedHeaders`), and have the proxy send the header:

        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header Host $host;
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.rows_discovery import https_only
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_resource_metadata

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: Impact.BREAKS},
    confidence=Confidence.REPORTED,
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
