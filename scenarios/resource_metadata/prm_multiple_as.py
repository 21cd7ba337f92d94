"""The resource metadata names several authorization servers, and Claude takes the first.

What happens
    `authorization_servers` has more than one entry. Claude uses the first and never another, also
    when the first holds no metadata. If that one is old, internal, or for other clients, the
    connection fails, or the user lands at the wrong sign-in page.

Why it breaks
    The list is a choice of the client's (RFC 9728 section 7.6), and Anthropic documents which
    choice Claude makes. A list that grew during a migration, or names every provider of a company,
    has something in the first place by accident.

Fix
    Put the one that has to sign Claude's users in first, or leave the others out. The order is that
    of the setting: `authorization_servers` of FastMCP's `RemoteAuthProvider`, `authServerUrls` of
    `mcp-handler`, `resourceMetadata.authorization_servers` of Cloudflare's
    `workers-oauth-provider`. Where users of two providers must both connect, give each provider an
    MCP URL with its own metadata.

    The first entry has to answer 200 with metadata. If it has a path, the well-known name goes
    between host and path:

        first=$(curl -s \\
          https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq -r '.authorization_servers[0]')
        echo "$first"
        curl -i "${first%/}/.well-known/oauth-authorization-server"
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    endpoints_guessed,
    evidence,
    status_evidence,
    stopped_at,
    used,
)
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import edited, is_resource_metadata
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    # Several entries are fine in themselves: what a dead first one breaks is measured.
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    confidence=Confidence.DOCUMENTED,
    reports=1,
    explains=("server-metadata.found", "server-metadata.json", "registration.accepted"),
    sources=(Source("claude.com/docs/connectors/building/authentication", seen="2026-08"),),
)

NAME = "authorization_servers"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = used(trace, Step.RESOURCE_METADATA)
    document = answer.json_object if answer else None
    servers = document.get(NAME) if document else None
    if answer is None or not isinstance(servers, list) or len(servers) < 2:
        return
    dead = endpoints_guessed(trace)
    # A first entry that answers, and then refuses to register Claude, has another failure.
    if stopped_at(trace, Step.REGISTRATION) and not dead:
        return
    listed = ", ".join(map(str, servers))
    yield evidence(answer, f"response.body.{NAME}", listed, "the one for Claude first")
    if dead:
        for one in trace.at(Step.SERVER_METADATA, exploration=False):
            yield status_evidence(one, f"200 at {one.request.url}")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The MCP server still lists itself first, from the time when it signed users in."""
    if not is_resource_metadata(asked) or answer.status != 200:
        return answer
    return edited(
        answer, lambda found: {**found, NAME: ["https://mcp.reference.test", *found[NAME]]}
    )
