"""The resource metadata is for another MCP endpoint of the same host.

What happens
    The metadata Claude finds names another path than the URL the user entered, as in `/a/mcp` for
    `/b/mcp`. Claude throws it away, takes the host for the authorization server, guesses
    `/register` there, and fails. Clients that compare less sign the user in for the wrong endpoint.

Why it breaks
    Several MCP servers live on one host, and the host has one document at the root, or answers
    every well-known path with the same one. A document speaks for exactly one resource (RFC 9728
    section 3.3); only the path form can tell two of them apart (section 3.1).

Fix
    Serve one document per endpoint, at the path form, each with its own `resource`, and name it in
    the 401 of that endpoint. Take the document at the root away, or keep it only for a server at
    the root. With a proxy in front, send each path form to its own server, with the path as it is:

        location = /.well-known/oauth-protected-resource/a/mcp {
          proxy_pass http://BACKEND-A;
        }
        location = /.well-known/oauth-protected-resource/b/mcp {
          proxy_pass http://BACKEND-B;
        }

    `tailscale funnel --set-path` cuts the prefix off, so its target has to repeat the path:

        tailscale funnel --bg \\
          --set-path=/.well-known/oauth-protected-resource/b/mcp \\
          http://127.0.0.1:8081/.well-known/oauth-protected-resource/b/mcp

    A host of its own for each server does as well. Each line has to show the path that was asked:

        at=https://YOUR-HOST/.well-known/oauth-protected-resource
        for one in a b; do curl -s $at/$one/mcp | jq -r .resource; done
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refused
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from harness.model.wellknown import covers, difference
from scenarios.bending import edited
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=1,
    explains=(
        "resource-metadata.resource",
        "server-metadata.found",
        "server-metadata.json",
        "registration.accepted",
    ),
    # The document lies at the root form alone, which by itself is harmless.
    also=("prm-path-inserted-404",),
    sources=(
        Source("claude.com/docs/connectors/building/authentication", seen="2026-08"),
        Source("www.rfc-editor.org/rfc/rfc9728#section-3.3", seen="2025-04"),
    ),
)

ROOT = "/.well-known/oauth-protected-resource"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = refused(trace)
    document = answer.json_object if answer else None
    resource = document.get("resource") if document else None
    if answer is None or not isinstance(resource, str):
        return
    # A parent path is no reason to refuse, so a refused one is another endpoint's.
    if difference(trace.target, resource) == "path" and not covers(resource, trace.target):
        yield evidence(answer, "request.url", answer.request.url)
        yield evidence(answer, "response.body.resource", resource, trace.target)


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"root_metadata": True}


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """One document at the root, for the server that was there first."""
    if asked.path == f"{ROOT}/mcp":
        return Answer(404, (("Content-Type", "application/json"),), b'{"error":"not found"}')
    if asked.path == ROOT and answer.status == 200:
        return edited(
            answer, lambda found: {**found, "resource": "https://mcp.reference.test/a/mcp"}
        )
    challenge = answer.header("www-authenticate")
    if challenge is None:
        return answer
    return answer.with_header("WWW-Authenticate", challenge.replace(f"{ROOT}/mcp", ROOT))
