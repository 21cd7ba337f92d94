"""The endpoint lies elsewhere than at /mcp.

What happens
    Nothing, in this run: everything passed. Four operators reported that Claude connected to the
    same server at `https://HOST/mcp` and not at a path like `/a/mcp` or `/api/mcp`, one of them
    after more than a dozen tries.

Why it breaks
    Nobody knows, and it is contradicted: many servers at `/api/mcp` and elsewhere do connect, and
    the MCP specification allows any path. Where Claude fails for no other reason, the path is worth
    one experiment. It is not worth moving a server that works.

Fix
    If Claude fails although every check here passes, offer the endpoint at `/mcp` of a host of its
    own, as a second address, and connect to that. nginx:

        location = /mcp { proxy_pass http://BACKEND/api/mcp; }

    Next.js with `mcp-handler`: a second route file `app/[transport]/route.ts`, whose `basePath` is
    empty instead of `/api`.

    Publish resource metadata for the new URL too (RFC 9728 section 3.3 compares it with the URL the
    user entered). The new address is ready when this names it as `resource`:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq .resource

    If that connects and the old path does not, report both to Anthropic.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.CONTESTED,
    reports=4,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/690", seen="2026-08"),
        Source("github.com/anthropics/claude-ai-mcp/issues/878", seen="2026-08-17"),
        Source("github.com/anthropics/claude-ai-mcp/issues/738", seen="2026-07-30"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    called = next(trace.at(Step.CONNECT, exploration=False), None)
    if called is None or trace.stop is not None or trace.decision(Step.CONNECT, "era") is None:
        return
    path = urlsplit(trace.target).path.rstrip("/")
    if path not in ("", "/mcp"):
        yield evidence(called, "request.url", trace.target, "a URL whose path is /mcp")


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"resource": "https://mcp.reference.test/api/mcp"}
