"""A member of the metadata is missing or of another type.

What happens
    A document is there, is JSON and names the endpoints, but a member that its standard requires is
    absent, or one has a value of another type: no `response_types_supported`, an empty text for a
    URL, `"true"` for true. Claude Code reads by type and ends its login with a list of what it
    expected; of resource metadata it takes no notice then, and looks for the authorization server
    at the MCP host. No report of a claude.ai that minded was found, so this run goes on there.

Why it breaks
    Claude Code uses the MCP TypeScript SDK, whose schemas follow RFC 8414 section 2 (`issuer`,
    `response_types_supported`) for a document of OAuth, and OpenID Connect Discovery 1.0 section 3
    (also `jwks_uri`, `subject_types_supported`, `id_token_signing_alg_values_supported`) for one
    that only an address of OpenID Connect serves. Other clients with that SDK read alike.

Fix
    Send the member, in the type the standard gives it: lists are lists even with one entry, flags
    are true or false without quotes, and a URL that does not exist is left out. A document that was
    written by hand mostly lacks `"response_types_supported": ["code"]`.

    A server that knows OAuth alone should serve its document under
    `/.well-known/oauth-authorization-server`, where nothing of OpenID Connect is asked of it. This
    shows each member with its type:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq 'map_values(type)'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.rows_members import mistyped_evidence, mistyped_members
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_server_metadata, without
from scenarios.effects import measured

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    confidence=Confidence.GUESS,
    explains=("resource-metadata.members", "server-metadata.members", "registration.accepted"),
    sources=(
        Source("requests of Claude Code 2.1.330, captured on loopback", seen="2026-11-24"),
        Source("RFC 8414 section 2", seen="2018-06"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for answer, one in mistyped_members(trace):
        # The issuer and the resource have patterns of their own, and so has null.
        if one.name not in ("issuer", "resource") and (one.absent or one.value is not None):
            yield mistyped_evidence(answer, one)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_server_metadata(asked) or answer.status != 200:
        return answer
    return without(answer, "response_types_supported")
