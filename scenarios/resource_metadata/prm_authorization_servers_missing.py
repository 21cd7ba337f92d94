"""The resource metadata names no authorization server.

What happens
    The resource metadata is found, but `authorization_servers` is missing, empty, or no list of
    URLs. Claude then takes the MCP server itself for the authorization server, guesses `/register`
    there, and gets an error. The user reads that registration with the sign-in service failed.

Why it breaks
    RFC 9728 section 2 leaves the member optional; MCP requires at least one entry, because the
    document is there to say where to sign in. Servers that leave it out were often not given the
    issuer in their configuration, or they send a single string where a list belongs.

Fix
    Publish the issuer, exactly as its own metadata spells it, in a list of strings:

        "authorization_servers": ["https://YOUR-ISSUER"]

    Where the MCP server signs users in itself, its own issuer belongs there. With the libraries the
    list comes from one setting:

        # FastMCP: RemoteAuthProvider(...)
        authorization_servers=["https://YOUR-ISSUER"],
        base_url="https://YOUR-HOST",                 # without the path

        # Python SDK: AuthSettings(...)
        issuer_url="https://YOUR-ISSUER",
        resource_server_url="https://YOUR-HOST/mcp",  # with the path

        // mcp-handler on Vercel
        protectedResourceHandler({ authServerUrls: ["https://YOUR-ISSUER"] })

    Check the kind of the value too; this has to print `array` and `string`:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq -r '.authorization_servers | type, (.[0] | type)'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refused
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_resource_metadata, without
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.REPORTED,
    reports=4,
    explains=(
        "resource-metadata.server",
        "server-metadata.found",
        "server-metadata.json",
        "registration.accepted",
    ),
    sources=(
        Source("github.com/camunda/camunda/issues/47773", seen="2026-03-05"),
        Source("github.com/anthropics/claude-ai-mcp/issues/7", seen="2025-12-29"),
    ),
)

NAME = "authorization_servers"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = refused(trace)
    document = answer.json_object if answer else None
    # A document without a resource was refused before this was looked at.
    if answer is None or document is None or not isinstance(document.get("resource"), str):
        return
    servers = document.get(NAME)
    first = servers[0] if isinstance(servers, list) and servers else None
    if not isinstance(first, str):
        found = servers if NAME in document else "(absent)"
        yield evidence(answer, f"response.body.{NAME}", found, "a list of issuer URLs")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return without(answer, NAME) if is_resource_metadata(asked) else answer
