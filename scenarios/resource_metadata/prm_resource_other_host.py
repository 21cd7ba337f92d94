"""The resource metadata is for another host.

What happens
    The `resource` in the metadata names another host than the URL the user entered. Claude throws
    the document away, the authorization server named in it included. It takes the MCP server's own
    origin for the authorization server, guesses `/register` there, and gets 404. Claude Code stops
    with "Protected resource ... does not match expected ...".

Why it breaks
    A client must not use metadata whose `resource` is not the one it asked for (RFC 9728 section
    3.3): otherwise one server could collect tokens that are meant for another. Usual reasons: a
    base URL from another environment, a custom domain in front of the one the server knows, a user
    who left the `www` out.

Fix
    Make `resource` the exact URL that users enter, host and path. Where the server has several
    names, decide on one, publish that in the metadata, and have users enter it.

    It comes from one setting: FastMCP `base_url` (or `resource_base_url`, if only the MCP endpoint
    has the other name), Python SDK `resource_server_url`, TypeScript SDK `resourceServerUrl`. On
    Vercel do not build it from `VERCEL_URL`, which names one deployment; take a variable of your
    own, or `VERCEL_PROJECT_PRODUCTION_URL`. It has to print the URL that users enter:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq -r .resource
"""

from collections.abc import Iterator

from harness.diagnosis.browsing import is_internal
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refused, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import difference, host
from scenarios.bending import edited, is_resource_metadata
from scenarios.effects import measured

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.DOCUMENTED,
    reports=2,
    explains=(
        "resource-metadata.resource",
        "server-metadata.found",
        "server-metadata.json",
        "registration.accepted",
    ),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/560", seen="2026-07-08"),
        Source("github.com/usertour/usertour/issues/439", seen="2026-08-11"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = refused(trace) or used(trace, Step.RESOURCE_METADATA)
    document = answer.json_object if answer else None
    resource = document.get("resource") if document else None
    if answer is None or not isinstance(resource, str):
        return
    if difference(trace.target, resource) not in ("host", "port"):
        return
    # A name that only the server's own network knows is another failure.
    if is_internal(host(trace.target)) or not is_internal(host(resource)):
        yield evidence(answer, "response.body.resource", resource, trace.target)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_resource_metadata(asked) or answer.status != 200:
        return answer
    return edited(answer, lambda found: {**found, "resource": "https://api.reference.test/mcp"})
