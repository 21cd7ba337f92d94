"""Keycloak refuses a scope or an unknown member of the registration.

What happens
    Keycloak answers the registration with 400 or 403, and complains about an `Unrecognized field`,
    or about a client scope that may not be used. Sometimes the 400 says nothing more. No client
    comes about.

Why it breaks
    Keycloak reads the registration strictly. A member it has no field for, `resource` for instance,
    ends it, although RFC 7591 section 2 wants unknown members ignored. And `scope` may only name
    client scopes that exist in the realm; `openid` is none there. claude.ai was seen to send
    neither of the two. Claude Code sends `scope`, made of the scopes the MCP server publishes, and
    a proxy or an SDK in between may add members.

Fix
    Create a client scope in the realm for every scope the MCP server publishes (Client scopes,
    Create), and publish no others:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq .scopes_supported

    Allow them for registration: Clients, Client registration, Anonymous access policies, Allowed
    Client Scopes. If something of yours stands between Claude and Keycloak, pass on the members of
    RFC 7591 and leave out the rest.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import refusal
from scenarios.registrations import Reason, refusal_of, refusal_quotes, registers

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: Impact.BREAKS},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.REPORTED,
    explains=("registration.accepted",),
    sources=(Source("github.com/turnstonelabs/turnstone/issues/1082", seen="2026-09-04"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refused = refusal_of(trace, Reason.KEYCLOAK)
    if refused is None:
        return
    yield from refusal_quotes(refused)
    sent = refused.request.json_object or {}
    yield evidence(refused, "request.body", f"members: {', '.join(sent) or 'none'}")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """Keycloak behind a gateway that adds the resource to what Claude sends."""
    if (metadata := registers(asked, answer)) is not None:
        return metadata
    if not asked.path.endswith("/register"):
        return answer
    said = 'Unrecognized field "resource" (OIDCClientRepresentation), not marked as ignorable'
    return refusal(answer, 400, "invalid_request", said)
