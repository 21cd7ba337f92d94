"""Keycloak refuses a scope or an unknown member of the registration.

What happens
    Keycloak answers the registration with 400 or 403, and complains about an `Unrecognized field`,
    or "Not permitted to use specified clientScope". Sometimes the 400 says nothing more. No client
    comes about.

Why it breaks
    Keycloak reads the registration strictly. A member it has no field for, `resource` for instance,
    ends it, although RFC 7591 section 2 wants unknown members ignored. And `scope` may only name
    client scopes that its policy allows: those of the realm's default and optional lists, and those
    entered in the policy. One report found `openid` refused too, since no client scope has that
    name. claude.ai was seen to send neither a scope nor an unknown member. Claude Code sends
    `scope`, made of the scopes the MCP server publishes, and a proxy or an SDK in between may add
    members.

Fix
    Create a client scope in the realm for every scope the MCP server publishes (Client scopes,
    Create client scope), with the type Optional or Default, and publish no others:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq .scopes_supported

    A scope that is to stay out of both lists has to be entered in the policy: Clients, Client
    registration, Anonymous access policies, Allowed Client Scopes. If something of yours stands
    between Claude and Keycloak, pass on the members of RFC 7591 and leave out the rest.

    Register as Claude Code does, YOUR-ISSUER being the realm's (with `/realms/...`). A 201 is
    right; a 403 that names `Trusted Hosts` is dcr-keycloak-trusted-hosts:

        curl -i https://YOUR-ISSUER/clients-registrations/openid-connect \\
          -H 'Content-Type: application/json' \\
          -d '{"client_name":"Claude Code",
               "redirect_uris":["http://localhost:8080/callback"],
               "token_endpoint_auth_method":"none", "scope":"notes:read"}'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import refusal
from scenarios.effects import inferred
from scenarios.registrations import Reason, refusal_of, refusal_quotes, registers

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.REPORTED,
    reports=1,
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
