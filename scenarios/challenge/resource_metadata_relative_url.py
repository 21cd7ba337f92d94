"""The challenge names the resource metadata by a relative URL.

What happens
    The 401 says `resource_metadata="/.well-known/..."`, a path without a host. Claude ignores it.
    Servers that had worked with such a value stopped working in spring 2026, when Claude became
    stricter, with "Authorization with the MCP server failed". This run went on with the well-known
    addresses, as it is documented.

Why it breaks
    The value has to be a URL that stands for itself (RFC 9728 section 5.1): the challenge is read
    by code that may not know which address it came from, and a path says nothing about the host.
    Usually the server builds it from a base URL that is not configured.

Fix
    Send the absolute https URL, with the public host that users enter:

        WWW-Authenticate: Bearer resource_metadata=
          "https://YOUR-HOST/.well-known/oauth-protected-resource/mcp"

    Behind a proxy take the host from configuration, not from the request the application sees.
    Express with the TypeScript SDK sends on whatever string `requireBearerAuth` is given; have it
    built:

        getOAuthProtectedResourceMetadataUrl(new URL("https://YOUR-HOST/mcp"))

    Python SDK: `resource_server_url="https://YOUR-HOST/mcp"`. FastMCP:
    `base_url="https://YOUR-HOST"` of the auth provider.

    The value must begin with `https://`:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i www-authenticate
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, opening
from harness.model.answer import Answer, Asked
from harness.model.challenge import bearer
from harness.model.trace import Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred, with_a_token

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: inferred(Impact.ADVISORY),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.REPORTED,
    reports=3,
    explains=(
        "challenge.pointer",
        "resource-metadata.found",
        "server-metadata.found",
        "registration.accepted",
    ),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/133", seen="2026-04-07"),
        Source("github.com/anthropics/claude-ai-mcp/issues/134", seen="2026-05-01"),
        Source("github.com/tailscale/tsidp/issues/90", seen="2025-10-23"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer is None or answer.response is None or answer.status != 401:
        return
    challenge = bearer(answer.response.header_lines("www-authenticate"))
    pointer = challenge.params.get("resource_metadata") if challenge else None
    if pointer and pointer.startswith(("/", ".")) and not pointer.startswith("//"):
        yield evidence(
            answer,
            "response.header.www-authenticate",
            f"resource_metadata={pointer}",
            "an absolute https URL",
        )


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The base URL in front of the path is empty."""
    challenge = answer.header("www-authenticate")
    if challenge is None:
        return answer
    return answer.with_header(
        "WWW-Authenticate", challenge.replace("https://mcp.reference.test/", "/")
    )
