"""Neither the challenge nor a well-known address leads to the resource metadata.

What happens
    The 401 has a Bearer challenge without `resource_metadata`, and both well-known addresses of the
    resource metadata hold nothing. Claude has no way to learn of the authorization server. It takes
    the MCP server for it, guesses, and fails; the real authorization server sees no request at all.
    Only where the MCP host is the authorization server itself, and publishes its metadata, can that
    go well.

Why it breaks
    The parameter may be left out when the document lies at a well-known address, and the document
    may lie elsewhere when the parameter names it (RFC 9728 sections 3 and 5.1). Here both are
    missing. SDKs leave both out when they were not told the URL of the resource.

Fix
    Serve the document, and name it in every 401:

        WWW-Authenticate: Bearer resource_metadata=
          "https://YOUR-HOST/.well-known/oauth-protected-resource/mcp"

    Python SDK: `resource_server_url` in `AuthSettings` does both. FastMCP: an auth provider such as
    `RemoteAuthProvider` with `base_url="https://YOUR-HOST"`. Express with the TypeScript SDK needs
    two parts:

        const url = new URL("https://YOUR-HOST/mcp");
        app.use(mcpAuthMetadataRouter({ oauthMetadata,
          resourceServerUrl: url }));
        app.use("/mcp", requireBearerAuth({ verifier,
          resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(url) }));

    Where the hosting does not let you serve `/.well-known/`, put the document at any other https
    address and name that one.

    The first must show the address, the second 200 and JSON:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i www-authenticate
        curl -si https://YOUR-HOST/.well-known/oauth-protected-resource/mcp
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, opening, status_evidence, stock_404s
from harness.model.answer import Answer, Asked
from harness.model.challenge import bearer
from harness.model.trace import Purpose, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_resource_metadata
from scenarios.effects import measured, with_a_token

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: measured(Impact.BREAKS),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.DOCUMENTED,
    reports=6,
    explains=(
        "challenge.pointer",
        "resource-metadata.found",
        "resource-metadata.path-form",
        "server-metadata.found",
        "registration.accepted",
    ),
    sources=(
        Source("claude.com/docs/connectors/building/authentication", seen="2026-10-01"),
        Source("github.com/anthropics/claude-ai-mcp/issues/199", seen="2026-05-09"),
        Source("github.com/garrytan/gbrain/issues/1410", seen="2026-05-25"),
        Source("github.com/arc-mcp/arc-1/issues/630", seen="2026-07-27"),
    ),
)

_NOTHING_THERE = (404, 405, 410)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer is None or answer.response is None or answer.status != 401:
        return
    lines = answer.response.header_lines("www-authenticate")
    challenge = bearer(lines)
    if challenge is None or "resource_metadata" in challenge.params:
        return
    # Where the hosting keeps the root of the host, that is the failure.
    if stock_404s(trace):
        return
    # Redirect hops count too: a document that was moved away is another failure.
    forms = list(trace.at(Step.RESOURCE_METADATA, Purpose.METADATA_PATH, Purpose.METADATA_ROOT))
    if forms and all(one.status in _NOTHING_THERE for one in forms):
        yield evidence(
            answer, "response.header.www-authenticate", ", ".join(lines), "resource_metadata=..."
        )
        for one in forms:
            yield status_evidence(one, f"200 at {one.request.url}")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if is_resource_metadata(asked):
        return Answer(404, (("Content-Type", "application/json"),), b'{"error":"not found"}')
    if answer.status != 401 or answer.header("www-authenticate") is None:
        return answer
    return answer.with_header("WWW-Authenticate", 'Bearer error="invalid_token"')
