"""Dynamic registration is switched off at the identity provider.

What happens
    The metadata names a `registration_endpoint`, and the identity provider answers there that
    registration is disabled. Claude gets no client id and stops.

Why it breaks
    Hosted providers ship with registration switched off, and some publish the endpoint all the
    same, so everything up to there looks right.

Fix
    Switch it on in the provider's dashboard: Clerk (OAuth applications, dynamic client
    registration), WorkOS (Connect; CIMD has a switch of its own, off by default), Auth0 (tenant
    settings, Advanced), Supabase (Authentication, OAuth server). Restart nothing, but look that it
    holds for the environment you connect to; production has a switch of its own:

        curl -i https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'Content-Type: application/json' \\
          -d '{"client_name":"Claude",
               "redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}'

    If it is to stay off, take client metadata documents (CIMD), or create a client by hand with
    that redirect URI and enter its id in the connector's settings.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import refusal
from scenarios.registrations import Reason, refusal_of, refusal_quotes, registers

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.OBSERVED,
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
