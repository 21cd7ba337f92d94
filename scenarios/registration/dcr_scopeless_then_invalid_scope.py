"""The client was registered for fewer scopes than it is told to ask for.

What happens
    Claude registers and names no scope. The authorization server gives the client its default set,
    often `openid profile email`. Then Claude asks for the scopes that the MCP server names, and the
    authorization server refuses them with `invalid_scope`. No code comes back.

    For Claude Code the evidence is divided: a report of September 2026 has it register without a
    scope and fail like this; version 2.1.330 was measured to register with the scopes that the
    resource metadata lists.

Why it breaks
    The metadata and the challenge promise scopes that a client which registered itself may not
    have. A registration without `scope` leaves the choice to the server (RFC 7591 section 2), and
    Clerk and better-auth choose the defaults. Claude does not read `scope` from the answer.

Fix
    Give a client that names no scope all the scopes you publish:

        scope = asked.get("scope") or " ".join(SCOPES_SUPPORTED)

    Clerk has such defaults since July 2026, in the settings of OAuth applications. better-auth
    takes them as options of its provider plugin:

        clientRegistrationDefaultScopes: SCOPES,
        clientRegistrationAllowedScopes: SCOPES,

    The Python SDK in its registration options:

        ClientRegistrationOptions(
            enabled=True, valid_scopes=SCOPES, default_scopes=SCOPES
        )

    Where none of this can be done, publish nothing beyond what these clients get, or create the
    client by hand and enter its id in Claude. This shows what a client is given; it has to name
    every scope of `scopes_supported` in the resource metadata:

        curl -s https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'Content-Type: application/json' \\
          -d '{"redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}' \\
          | jq .scope
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.browsing import asked_scopes, authorization_request, refusal
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.bending import edited, is_server_metadata
from scenarios.registrations import attempts, client_of

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.BREAKS,
            Confidence.CONTESTED,
            Source("github.com/appstrate/appstrate/issues/1267", seen="2026-09-05"),
        ),
    },
    confidence=Confidence.REPORTED,
    reports=3,
    explains=("authorize.answers", "login.reaches-callback", "callback.code"),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/500", seen="2026-06-27"),
        Source("clerk.com/changelog/2026-07-22-oauth-dcr-default-scopes", seen="2026-07-22"),
        Source("github.com/appstrate/appstrate/issues/1267", seen="2026-09-05"),
        Source("github.com/anthropics/claude-code/issues/67714", seen="2026-06"),
    ),
)

DEFAULTS = ("openid", "profile", "email")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refused, asked, found = refusal(trace), authorization_request(trace), attempts(trace)
    if refused is None or asked is None or refused.error != "invalid_scope" or not found:
        return
    given = (found[-1].json_object or {}).get("scope")
    if client_of(found[-1]) is None or not isinstance(given, str):
        return
    beyond = [one for one in asked_scopes(trace) if one not in given.split()]
    if beyond and "claudeai" not in beyond:
        yield evidence(found[-1], "response.body.scope", given, f"with {' '.join(beyond)}")
        yield evidence(asked, "request.query.scope", " ".join(asked_scopes(trace)))
        reached = refused.exchange.step is Step.CALLBACK
        place = "request.url" if reached else "response.body"
        text = f"error=invalid_scope: {refused.said}" if refused.said else "error=invalid_scope"
        yield evidence(refused.exchange, place, text, "a code")


@pattern.settings
def settings() -> Mapping[str, object]:
    """Nobody gets more than the defaults."""
    return {"scopes_supported": DEFAULTS}


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The metadata promises more, and the registration says what the client really has."""
    if is_server_metadata(asked) and answer.status == 200:
        return edited(
            answer,
            lambda found: {
                **{name: found[name] for name in found if not name.startswith("client_id_meta")},
                "scopes_supported": [*DEFAULTS, "notes:read"],
            },
        )
    if asked.path.endswith("/register") and answer.status == 201:
        return edited(answer, lambda found: {**found, "scope": " ".join(DEFAULTS)})
    return answer
