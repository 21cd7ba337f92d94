"""The metadata of an issuer with a path lies where Claude does not look.

What happens
    The issuer has a path, as in `https://auth.example.com/tenant`. Its metadata is at none of the
    well-known addresses, or only at the one without the path. In the first case Claude guesses
    `/authorize`, `/token` and `/register` at the root of that host, and registration fails there.
    In the second claude.ai goes on since mid 2026; older apps and other clients do not, and Claude
    Code does not ask that address.

Why it breaks
    There are three forms for such an issuer: the well-known name goes before the path in RFC 8414
    (section 3.1), behind it in OpenID Connect. Many libraries serve a single form, some the OAuth
    name behind the path, which nobody asks for. Clients were also seen to drop the path, or to
    append that of the MCP server.

Fix
    Serve the same document at all of these, or use an issuer without a path:

        /.well-known/oauth-authorization-server/tenant
        /.well-known/openid-configuration/tenant
        /tenant/.well-known/openid-configuration
        /.well-known/oauth-authorization-server

    `issuer` in it stays the full URL with the path. Keycloak, Entra ID and Okta answer at the third
    form, which Claude asks too. Better Auth leaves the first to you; in Next.js:

        // app/.well-known/oauth-authorization-server/api/auth/route.ts
        import { oauthProviderAuthServerMetadata }
          from "@better-auth/oauth-provider";
        import { auth } from "@/lib/auth";
        export const GET = oauthProviderAuthServerMetadata(auth);

    Where the provider only answers at an address of its own, let a proxy on its host serve the
    first form. At least one of the first three has to be 200, better all:

        for one in .well-known/oauth-authorization-server/tenant \\
            .well-known/openid-configuration/tenant \\
            tenant/.well-known/openid-configuration; do
          curl -so /dev/null -w '%{http_code}\\n' https://auth.example.com/$one
        done
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import endpoints_guessed, evidence, status_evidence, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_server_metadata
from scenarios.effects import measured

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.OBSERVED,
    reports=5,
    explains=("server-metadata.found", "registration.accepted"),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/367", seen="2026-05-27"),
        Source("github.com/anthropics/claude-ai-mcp/issues/376", seen="2026-05-29"),
        Source("github.com/anthropics/claude-ai-mcp/issues/490", seen="2026-06-25"),
        Source("github.com/anthropics/claude-code/issues/95270", seen="2026-09-18"),
        Source("github.com/MCPJam/inspector/issues/1002", seen="2025-12-04"),
    ),
)

OWN_FORM = "/tenant/.well-known/oauth-authorization-server"
_NOTHING_THERE = (404, 405, 410)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    issuer = trace.decision(Step.SERVER_METADATA, "issuer")
    if not isinstance(issuer, str) or not urlsplit(issuer).path.strip("/"):
        return
    forms = list(trace.at(Step.SERVER_METADATA, exploration=False))
    found = used(trace, Step.SERVER_METADATA)
    absent = [one for one in forms if one.status in _NOTHING_THERE]
    if endpoints_guessed(trace) and len(absent) == len(forms):
        for one in absent:
            yield status_evidence(one, f"200 at {one.request.url}")
    elif found is not None and found.purpose is Purpose.RFC8414_ROOT:
        yield evidence(found, "request.url", found.request.url, f"metadata with the path: {issuer}")


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"issuer": "https://auth.reference.test/tenant"}


@pattern.request
def request(asked: Asked) -> Asked:
    """The library serves its document behind the path, under the OAuth name."""
    if asked.path != OWN_FORM:
        return asked
    right = "/.well-known/oauth-authorization-server/tenant"
    return replace(asked, url=asked.url.replace(OWN_FORM, right))


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if is_server_metadata(asked) or asked.path == "/tenant/.well-known/openid-configuration":
        return Answer(404, (("Content-Type", "application/json"),), b'{"error":"not found"}')
    return answer
