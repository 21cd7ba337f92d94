"""The resource and the URL of the server differ by a closing slash.

What happens
    The metadata says `https://host/mcp/` where the user entered `https://host/mcp`, or the other
    way round. In claude.ai discovery and sign-in go well. Where the server compares the audience of
    the token character by character, it then refuses every token, and the user reads that the
    integration rejected the credentials, again after each attempt. Claude Code refuses the document
    already when it has the slash and the URL has not.

Why it breaks
    Identifiers are compared by code points (RFC 9728 sections 3.3 and 6), so a slash makes
    another resource. It often comes from a URL type: pydantic's `AnyHttpUrl` and JavaScript's `URL`
    add a slash to a bare host. Claude also takes a closing slash off the URL that is entered.

Fix
    Choose the form without the slash, as a plain string, and use it everywhere: in the metadata,
    at the authorization server, in the audience check. In the Python SDK give
    `AuthSettings(resource_server_url=...)` a string, not an `AnyHttpUrl`: version 2 then leaves a
    bare host as it is. Until all three agree, compare without the slash:

        expected = str(settings.resource_url).rstrip("/")      # Python
        ok = any(one.rstrip("/") == expected for one in audiences)

        const bare = (url) => String(url).replace(/\\/$/, "");  // JavaScript
        const ok = audiences.some((one) => bare(one) === bare(expected));

    See what is published; it has to be the URL users enter, to the character:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq -r .resource
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refused, status_evidence, stopped_at, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import canonical_resource, difference
from scenarios.bending import edited, is_resource_metadata, naming_resource
from scenarios.effects import measured

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    # By itself the slash costs nothing; refused tokens do, and are counted where they happen.
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.CREDENTIALS_REJECTED,
    confidence=Confidence.REPORTED,
    reports=3,
    explains=("resource-metadata.resource", "connect.accepted"),
    sources=(
        Source("github.com/sigbit/mcp-auth-proxy/issues/123", seen="2026-03-15"),
        Source("github.com/PrefectHQ/fastmcp/issues/1431", seen="2025-08-10"),
        Source("github.com/cloudflare/workers-oauth-provider/issues/133", seen="2026-01-15"),
    ),
)

RESOURCE = "https://mcp.reference.test/mcp"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refusal = tuple(_refused_for_the_slash(trace))
    if stopped_at(trace, Step.CONNECT) and not refusal:
        return
    answer = refused(trace) or used(trace, Step.RESOURCE_METADATA)
    document = answer.json_object if answer else None
    resource = document.get("resource") if document else None
    if answer is not None and isinstance(resource, str):
        own = canonical_resource(trace.target)
        if difference(own, resource) == "trailing slash" and own[-1] != "/":
            yield evidence(answer, "response.body.resource", resource, own)
    yield from refusal


def _refused_for_the_slash(trace: Trace) -> Iterator[Evidence]:
    """A token that was refused although it is for this server, but for a closing slash."""
    issued = trace.last(Step.TOKEN, Purpose.TOKEN)
    called = trace.last(Step.CONNECT, Purpose.INITIALIZE)
    if issued is None or issued.token is None or called is None or called.status != 401:
        return
    own = canonical_resource(trace.target).rstrip("/")
    found = issued.token.claims.get("aud")
    audiences = found if isinstance(found, list) else [found]
    if own not in audiences and f"{own}/" in audiences and called.request.header("authorization"):
        yield evidence(issued, "token.aud", found, own)
        yield status_evidence(called, "200")


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"token_audience": f"{RESOURCE}/"}


@pattern.request
def request(asked: Asked) -> Asked:
    """The authorization server knows the resource with the slash, and takes it."""
    return naming_resource(asked, RESOURCE)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_resource_metadata(asked) or answer.status != 200:
        return answer
    return edited(answer, lambda found: {**found, "resource": f"{RESOURCE}/"})
