"""The resource metadata names the host alone, not the MCP URL.

What happens
    The `resource` in the metadata is the origin, or a parent path, of the URL the user entered.
    This run goes on with it and asks for a token for that name. Anthropic's documentation wants
    the exact URL, one report has Claude stopping after the first 401, and other clients refuse the
    document; another server that does the same is in use. Claude Code accepts a parent.

Why it breaks
    The value has to be the identifier the client used to form the address of the metadata, path
    included (RFC 9728 section 3.3). Clients built on the MCP SDKs let a parent pass. The name is
    also sent to the authorization server as `resource`, and becomes the audience of the token: a
    server that checks for its own URL then refuses it.

Fix
    Publish the endpoint, as users enter it, and use the same string at the authorization server and
    in the audience check:

        { "resource": "https://YOUR-HOST/mcp", ... }

    The usual reasons, by library:

        // TypeScript SDK: without it the resource is baseUrl or issuerUrl
        mcpAuthRouter({ provider, issuerUrl,
          resourceServerUrl: new URL("https://YOUR-HOST/mcp") });

        # Python SDK, AuthSettings(...): the URL with the path
        resource_server_url="https://YOUR-HOST/mcp"

    FastMCP adds the path to `base_url` itself (old releases did not). `mcp-handler` takes the path
    from the address of its route, so the route belongs to the path form, or `resourceUrl` has to be
    given. See what is served:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq -r .resource
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refused, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from harness.model.wellknown import covers, difference
from scenarios.bending import edited, is_resource_metadata, naming_resource
from scenarios.effects import measured

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: measured(Impact.NONE)},
    confidence=Confidence.DOCUMENTED,
    reports=4,
    explains=("resource-metadata.resource",),
    sources=(
        Source("claude.com/docs/connectors/building/authentication", seen="2026-08"),
        Source("github.com/akutishevsky/withings-mcp/issues/20", seen="2026-04-19"),
        Source("github.com/google-gemini/gemini-cli/issues/24484", seen="2026-04-02"),
        Source("github.com/agentconnect-md/agentconnect/issues/2119", seen="2026-09-16"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = refused(trace) or used(trace, Step.RESOURCE_METADATA)
    document = answer.json_object if answer else None
    resource = document.get("resource") if document else None
    if answer is None or not isinstance(resource, str) or not covers(resource, trace.target):
        return
    if difference(trace.target, resource) == "path":
        yield evidence(answer, "response.body.resource", resource, trace.target)


@pattern.request
def request(asked: Asked) -> Asked:
    """The authorization server knows the server by that name too, and takes it."""
    return naming_resource(asked, "https://mcp.reference.test/mcp")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_resource_metadata(asked) or answer.status != 200:
        return answer
    return edited(answer, lambda found: {**found, "resource": "https://mcp.reference.test"})
