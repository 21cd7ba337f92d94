"""The protected resource metadata asks for a token.

What happens
    The well-known address of the resource metadata answers 401 or 403. A client reads this
    document to learn where to sign in, so it can have no token yet. Claude finds no metadata, takes
    the MCP server itself for the authorization server, and fails there. It goes on only where the
    MCP server is its own authorization server.

Why it breaks
    A middleware or a gateway that protects every path of the server also covers `/.well-known/`.
    The document has to be public (RFC 9728 section 3). Worst is a 401 whose own challenge points at
    the document again.

Fix
    Leave `/.well-known/` out of the authentication, and answer 200 with JSON there. In Express the
    order decides: the metadata routes come first.

        app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl }));
        app.use("/mcp", requireBearerAuth({ verifier, resourceMetadataUrl }));

    Spring Security, ahead of `anyRequest().authenticated()`:

        .requestMatchers("/.well-known/**").permitAll()

    nginx:

        location ^~ /.well-known/ {
          auth_request off;  auth_basic off;
          proxy_pass http://BACKEND;
        }

    Azure App Service and Container Apps with built-in authentication: list the paths in
    `globalValidation.excludedPaths`, or let App Service publish the document itself (the
    application setting `WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES`). Without a token this has to be 200:

        curl -i https://YOUR-HOST/.well-known/oauth-protected-resource/mcp
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.network import bot_challenge
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    another_login,
    authless,
    metadata_answers,
    opening,
    status_evidence,
    vercel_checkpoint,
)
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=4,
    explains=(
        "resource-metadata.found",
        "resource-metadata.path-form",
        "server-metadata.found",
        "registration.accepted",
    ),
    sources=(
        Source("buildwithmatija.com/blog/oauth-mcp-server-claude", seen="2025-12-26"),
        Source("github.com/jimprosser/obsidian-web-mcp/issues/18", seen="2026-05-02"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    # A gate before the whole host is another failure than a guarded document.
    answer = opening(trace, Voice.BROKER)
    if authless(trace) or (answer is not None and another_login(answer.response)):
        return
    for answer in metadata_answers(trace):
        tested = bot_challenge(answer.response) or vercel_checkpoint(answer.response)
        if answer.status in (401, 403) and not tested:
            yield status_evidence(answer, "200")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.path.startswith("/.well-known/oauth-protected-resource"):
        return answer
    return replace(answer, status=401, body=b'{"error":"unauthorized"}').with_header(
        "WWW-Authenticate", "Bearer"
    )
