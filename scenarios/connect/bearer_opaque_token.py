"""The token is opaque, and the MCP server cannot read it.

What happens
    The identity provider issues an access token that is no readable JWT: a random string, or an
    encrypted one (JWE, five parts). The MCP server answers 401. Claude refreshes once, gets another
    such token, and gives up.

Why it breaks
    The MCP server verifies tokens by itself, with the provider's public keys (JWKS), and there is
    nothing to verify in this one. Providers issue such a token when nobody told them what it is
    for. Auth0 does so when no `audience` was asked for: it does not read `resource` (RFC 8707)
    unless told to, and Claude sends only that.

Fix
    Have the provider issue a JWT for the MCP URL, or let the server ask the provider what a token
    is worth.

    Auth0: create an API whose identifier is the MCP URL. Then switch on the Resource Parameter
    Compatibility Profile (Settings, Advanced), or name that API as the tenant's Default Audience
    (Settings, General, API Authorization Settings).

    With a provider that only has opaque tokens, use its introspection endpoint (RFC 7662), and keep
    the answer for a minute or so.

    Count the dots of a new token. Two are a JWT, four an encrypted one, none an opaque one:

        tr -cd . < token.txt | wc -c
"""

from collections.abc import Iterator

from harness.diagnosis.bearer import (
    answered_alike,
    issued,
    refused_call,
    says_missing,
    unreadable,
)
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refusal_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import edited
from scenarios.calls import is_token_request
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.CREDENTIALS_REJECTED,
    confidence=Confidence.OBSERVED,
    reports=2,
    explains=("connect.accepted",),
    sources=(Source("github.com/zuplo/docs/issues/1028", seen="2026-05-15"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    called, found = refused_call(trace, 401), issued(trace)
    if called is None or found is None or not unreadable(trace, called):
        return
    if says_missing(called) and answered_alike(trace, called):
        return  # the token was never seen
    said = f"opaque, {found[1].length} characters"
    yield evidence(found[0], "token.kind", said, "a JWT that the MCP server can verify")
    yield from refusal_evidence(called)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A provider that was not told an audience."""
    if not is_token_request(asked) or answer.status != 200:
        return answer
    token = "reference-opaque-" + "0f3a9c7e5b1d2468" * 2
    return edited(answer, lambda found: {**found, "access_token": token})
