"""Dynamic registration is switched off at the identity provider.

What happens
    The metadata names a `registration_endpoint`, and the identity provider answers there that
    registration is disabled. Claude gets no client id and stops.

Why it breaks
    Hosted providers ship with registration switched off, and some publish the endpoint all the
    same (better-auth 1.6.9 did), so everything up to there looks right.

Fix
    Switch it on for the environment you connect to; production has a switch of its own.

    Clerk: OAuth applications, Dynamic client registration. WorkOS: Connect, Configuration, Dynamic
    Client Registration; client metadata documents (CIMD) have a switch of their own, off by
    default. Supabase: Authentication, OAuth Server, or in `supabase/config.toml`:

        [auth.oauth_server]
        enabled = true
        allow_dynamic_registration = true

    Auth0: Settings, Advanced, Dynamic Client Registration (older tenants: OIDC Dynamic Application
    Registration). Then open the API under Applications, APIs, and authorize user-delegated access
    under Default Permissions for Third-Party Applications, since registered clients are third-party
    ones. In better-auth set two options of the provider plugin:

        allowDynamicClientRegistration: true,
        allowUnauthenticatedClientRegistration: true,

    This has to come back with 201 (or 200) and a `client_id`:

        curl -i https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'Content-Type: application/json' \\
          -d '{"client_name":"Claude",
               "redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}'

    If it is to stay off, take client metadata documents, or create a client by hand with that
    redirect URI and enter its id in the connector's settings.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import refusal
from scenarios.effects import inferred
from scenarios.registrations import Reason, refusal_of, refusal_quotes, registers

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.OBSERVED,
    reports=2,
    explains=("registration.accepted",),
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/164", seen="2026-05-12"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refused = refusal_of(trace, Reason.DISABLED)
    if refused is not None:
        yield from refusal_quotes(refused)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if (metadata := registers(asked, answer)) is not None:
        return metadata
    if not asked.path.endswith("/register"):
        return answer
    return refusal(
        answer, 403, "access_denied", "Dynamic client registration is disabled for this instance"
    )
