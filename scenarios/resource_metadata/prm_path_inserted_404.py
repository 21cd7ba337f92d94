"""The resource metadata lies only at the root form.

What happens
    For an MCP URL with a path the metadata belongs to
    `/.well-known/oauth-protected-resource/mcp`. That address answers 404; only the form without
    the path exists. Claude is documented to ask the path form first and the root form next, so it
    goes on, and so does Claude Code.

Why it breaks
    It should not break Claude, and the evidence is divided. Several reports blamed this 404 first;
    the author of one of them found later that serving the path form had not been enough. A client
    that asks the path form alone fails, and a host with two MCP endpoints cannot describe both in
    one document at the root (RFC 9728 section 3.1).

Fix
    Serve the same document at both addresses, and name the path form in the `resource_metadata` of
    the 401 challenge. The Python SDK (`resource_server_url`), the TypeScript SDK
    (`resourceServerUrl`) and FastMCP make the path form themselves when their setting has the path.

    A FastMCP app that is mounted below a prefix takes its well-known routes along, where they are
    not found. Put them at the root of the outer app; `base_url` has the prefix then:

        mcp_app = mcp.http_app(path="/mcp")
        app = Starlette(routes=[
            *auth.get_well_known_routes(mcp_path="/mcp"),
            Mount("/api", app=mcp_app),
        ], lifespan=mcp_app.lifespan)

    Next.js with `mcp-handler`: add `app/.well-known/oauth-protected-resource/mcp/route.ts` with the
    handler of the root form, and name it in `resourceMetadataPath` of `withMcpAuth`. Both have to
    be 200:

        for path in /mcp ""; do
          curl -so /dev/null -w '%{http_code}\\n' \\
            https://YOUR-HOST/.well-known/oauth-protected-resource$path
        done

    If the connection fails all the same, look for another cause.
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from harness.model.wellknown import resource_metadata_urls
from scenarios.effects import measured

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.ADVISORY)},
    confidence=Confidence.CONTESTED,
    reports=6,
    explains=("resource-metadata.path-form",),
    sources=(
        Source("claude.com/docs/connectors/building/authentication", seen="2026-10-01"),
        Source("github.com/b-open-io/bsv-mcp/issues/15", seen="2026-09-06"),
        Source("github.com/anthropics/claude-ai-mcp/issues/690", seen="2026-08-21"),
        Source("github.com/brendanlong/lion-reader/issues/978", seen="2026-07-04"),
    ),
)

ROOT = "/.well-known/oauth-protected-resource"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    path_form = trace.last(Step.RESOURCE_METADATA, Purpose.METADATA_PATH)
    root_form = _root_form(trace)
    if path_form is not None and path_form.status == 404 and root_form is not None:
        yield status_evidence(path_form, "200")
        yield evidence(root_form, "response.status", f"200 at {root_form.request.url}")


def _root_form(trace: Trace) -> Exchange | None:
    """The root form's document, whoever asked for it: the challenge may point there as well."""
    url = dict(resource_metadata_urls(trace.target))[Purpose.METADATA_ROOT]
    for one in trace.at(Step.RESOURCE_METADATA):
        if one.request.url == url and one.status == 200:
            return one if one.response and one.response.json_object else None
    return None


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"root_metadata": True}


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """Only the root form is known, to the challenge as well."""
    if asked.path == f"{ROOT}/mcp":
        return Answer(404, (("Content-Type", "application/json"),), b'{"error":"not found"}')
    challenge = answer.header("www-authenticate")
    if challenge is None or f"{ROOT}/mcp" not in challenge:
        return answer
    return answer.with_header("WWW-Authenticate", challenge.replace(f"{ROOT}/mcp", ROOT))
