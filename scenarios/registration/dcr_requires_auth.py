"""The registration endpoint wants a token or a login.

What happens
    The authorization server answers Claude's registration with 401 or 403: it wants an initial
    access token, an API key or a session. Claude has none, gets no client id and stops.

Why it breaks
    Claude registers without credentials (open registration, RFC 7591 section 3); there is no place
    to enter an initial access token. Often nobody meant to protect the endpoint: the middleware
    that checks tokens stands before all routes, or the gateway wants a key for every path.

Fix
    Take the registration out of the check, the path and POST both, and limit it by rate and by
    redirect URI instead. In Express with the TypeScript SDK the router goes first, and the check
    stands before `/mcp` alone:

        app.use(mcpAuthRouter(options));
        app.use("/mcp", requireBearerAuth({ verifier, resourceMetadataUrl }));

    In better-auth set `allowUnauthenticatedClientRegistration` beside
    `allowDynamicClientRegistration`; in Amazon Cognito choose open registration, not authenticated
    registration; in django-allauth set `IDP_OIDC_DCR_REQUIRES_INITIAL_ACCESS_TOKEN` to `False`.

    This has to come back with 201, without any header of yours:

        curl -i https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'Content-Type: application/json' \\
          -d '{"client_name":"Claude",
               "redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}'

    If open registration is out of the question, take client metadata documents (CIMD): they need
    no registration. Or create a client by hand and enter its id in the connector's settings.
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
    confidence=Confidence.DOCUMENTED,
    reports=3,
    explains=("registration.accepted",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/82", seen="2026-03-30"),
        Source("github.com/b-open-io/bsv-mcp/issues/15", seen="2026-09-06"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refused = refusal_of(trace, Reason.CREDENTIALS)
    if refused is None or refused.response is None:
        return
    yield from refusal_quotes(refused)
    challenge = refused.response.header("www-authenticate")
    if challenge is not None:
        yield evidence(refused, "response.header.www-authenticate", challenge)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if (metadata := registers(asked, answer)) is not None:
        return metadata
    if not asked.path.endswith("/register"):
        return answer
    refused = refusal(answer, 401, "invalid_token", "an initial access token is required")
    return refused.with_header("WWW-Authenticate", 'Bearer error="invalid_token"')
