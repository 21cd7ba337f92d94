"""The resource lists offline_access among its own scopes.

What happens
    The resource metadata or the challenge names `offline_access`. Claude connects all the same, and
    asks for that scope. In Claude Code the user is then asked for consent at every sign-in: it
    sends `prompt=consent` with this scope.

Why it breaks
    Whether there is a refresh token is a matter between Claude and the authorization server, not a
    right that the MCP server could demand, so MCP 2026-07-28 wants it left out here (authorization,
    refresh tokens). Claude adds the scope by itself where the authorization server lists it. It
    becomes a real failure where that server does not know the scope and refuses it.

Fix
    Name it in one place alone. Take it out of `scopes_supported` in the resource metadata and out
    of `scope` in the challenge. Leave it in, or add it to, `scopes_supported` in the authorization
    server's metadata.

    The Python SDK publishes what `required_scopes` of `AuthSettings` holds, and the TypeScript SDK
    what `scopesSupported` of `mcpAuthMetadataRouter` holds.

    The first list has to be without it, the second one may have it:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq -c .scopes_supported

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq -c .scopes_supported
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import challenge_parameter, evidence, opening, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import edited, is_resource_metadata
from scenarios.calls import Members
from scenarios.effects import inferred, with_a_token

SCOPE = "offline_access"

pattern = Pattern(
    step=Step.STEP_UP,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.ADVISORY,
        Surface.CLAUDE_CODE: inferred(Impact.ADVISORY),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    confidence=Confidence.SPECIFICATION,
    reports=0,
    sources=(
        Source(
            "modelcontextprotocol.io/specification/2026-07-28/basic/authorization", "2026-07-28"
        ),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer is not None and answer.status == 401:
        scope = challenge_parameter(answer, "scope") or ""
        if SCOPE in scope.split():
            place = "response.header.www-authenticate"
            yield evidence(answer, place, f'scope="{scope}"', f"without {SCOPE}")
    metadata = used(trace, Step.RESOURCE_METADATA)
    document = (metadata.json_object if metadata else None) or {}
    listed = document.get("scopes_supported")
    if metadata is not None and isinstance(listed, list) and SCOPE in listed:
        found = ", ".join(map(str, listed))
        yield evidence(metadata, "response.body.scopes_supported", found, f"without {SCOPE}")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    def edit(found: Members) -> Members:
        return {**found, "scopes_supported": [*found.get("scopes_supported", []), SCOPE]}

    return edited(answer, edit) if is_resource_metadata(asked) and answer.status == 200 else answer
