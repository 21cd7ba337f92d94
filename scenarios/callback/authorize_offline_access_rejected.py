"""The authorization server lists offline_access and refuses it to Claude.

What happens
    Claude adds `offline_access` to the scopes it asks for, because the authorization server's
    metadata lists it; Claude Code does the same where the resource metadata names scopes. The
    server then refuses the request with `invalid_scope`, and no code comes back.

Why it breaks
    The list in the metadata tells what the server knows; this client is not allowed to have all of
    it. Ory Hydra and Authelia need the scope, and the refresh token grant, listed for each client;
    better-auth holds a client to the scopes it was registered with; Google has no such scope at
    all. One report of August 2026 says Claude never added the scope, several others show it in the
    request.

Fix
    Either allow `offline_access` for the client, with the grant `refresh_token`: then Claude stays
    connected beyond the first token's life. In Authelia:

        scopes: ['openid', 'offline_access']
        grant_types: ['authorization_code', 'refresh_token']

    In better-auth name it among the scopes of clients that register themselves:

        clientRegistrationDefaultScopes: [...SCOPES, "offline_access"],

    Or take it out of `scopes_supported` of the authorization server's metadata, which a proxy in
    front of Google has to do. Look at it:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq .scopes_supported
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.browsing import asked_scopes
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.bending import edited, is_server_metadata
from scenarios.scopes import refused_scopes

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.BREAKS,
            Confidence.REPORTED,
            Source("github.com/getmunin/munin/pull/744", seen="2026-08-05"),
        ),
    },
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("authorize.answers", "login.reaches-callback", "callback.code"),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/1065", seen="2026-09-22"),
        Source("github.com/anthropics/claude-ai-mcp/issues/42", seen="2026-02-09"),
        Source("github.com/anthropics/claude-ai-mcp/issues/840", seen="2026-08-12"),
        Source("github.com/getmunin/munin/pull/744", seen="2026-08-05"),
        Source("github.com/anthropics/claude-code/issues/41610", seen="2026-03-31"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refused = refused_scopes(trace)
    if refused is None or refused.suspects != {"offline_access"} or refused.leading_space:
        return
    yield evidence(refused.exchange, refused.place, refused.text, "a code")
    yield evidence(refused.asked, "request.query.scope", " ".join(asked_scopes(trace)))
    metadata = used(trace, Step.SERVER_METADATA)
    document = (metadata.json_object if metadata else None) or {}
    listed = document.get("scopes_supported")
    if metadata is not None and isinstance(listed, list) and "offline_access" in listed:
        yield evidence(
            metadata, "response.body.scopes_supported", listed, "no offline_access, or grant it"
        )


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"scopes_supported": ("notes:read", "notes:write")}


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The metadata goes on listing what is not granted."""
    if not is_server_metadata(asked) or answer.status != 200:
        return answer
    return edited(
        answer,
        lambda found: {**found, "scopes_supported": [*found["scopes_supported"], "offline_access"]},
    )
