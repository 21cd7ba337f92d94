"""The challenge points to resource metadata that is not there.

What happens
    The 401 names an address in `resource_metadata`, and that address answers 404 or a server error.
    Claude goes on to the well-known addresses. Where they hold nothing either, it takes the MCP
    server for the authorization server, guesses, and fails; the user reads that the server could
    not be reached.

Why it breaks
    The pointer is the first place where Claude looks (RFC 9728 section 5.1). Mostly the address is
    composed in one place and served in another: the well-known name stands behind the path of the
    resource and not before it (RFC 9728 section 3.1 wants it between host and path), a proxy hands
    only `/mcp` on, or the route is missing in this deployment.

Fix
    Serve the document at exactly the address in the header. For `https://YOUR-HOST/mcp` that is
    usually `https://YOUR-HOST/.well-known/oauth-protected-resource/mcp`.

    The proxy needs a rule for `/.well-known/` too. nginx:

        location /.well-known/ { proxy_pass http://BACKEND; }

    Kubernetes Ingress: a second path `/.well-known` with `pathType: Prefix`.

    FastMCP below a prefix of another app serves its well-known routes below that prefix as well;
    add them at the root (`auth` is its auth provider, `base_url` includes the prefix):

        app.routes.extend(auth.get_well_known_routes(mcp_path="/mcp"))

    Express with the TypeScript SDK: `app.use(mcpAuthMetadataRouter({ ... }))` at the root, with the
    full MCP URL as `resourceServerUrl`.

    Ask for the address from outside; it must answer 200 with JSON:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i www-authenticate
        curl -si THE-URL-YOU-SAW
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, is_html, opening, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_resource_metadata
from scenarios.effects import inferred, with_a_token

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: inferred(Impact.BREAKS),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.REPORTED,
    reports=2,
    explains=(
        "resource-metadata.found",
        "resource-metadata.path-form",
        "server-metadata.found",
        "registration.accepted",
    ),
    sources=(Source("github.com/camunda/camunda/issues/47773", seen="2026-03-05"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    asked = list(trace.at(Step.RESOURCE_METADATA, Purpose.METADATA_POINTER, exploration=False))
    pointed = opening(trace, Voice.BROKER)
    # More than one: a redirect leads away from there, which is another failure.
    if pointed is None or len(asked) != 1 or asked[0].response is None:
        return
    # A page under 5xx is mostly that of a firewall or a proxy in front of everything.
    status, page = asked[0].response.status, is_html(asked[0].response)
    if status in (404, 405, 410) or (status >= 500 and not page):
        yield evidence(
            pointed,
            "response.header.www-authenticate",
            f"resource_metadata={asked[0].request.url}",
        )
        yield status_evidence(asked[0], "200 with a JSON object")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The proxy hands on what is below /mcp, and nothing else."""
    if not is_resource_metadata(asked):
        return answer
    return Answer(404, (("Content-Type", "text/plain"),), b"404 page not found\n")
