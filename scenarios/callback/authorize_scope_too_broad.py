"""The authorization server refuses a scope that Claude asks for.

What happens
    Claude asks for every scope the server lists. The authorization server does not grant one of
    them to this client, and sends the browser back with `invalid_scope` and no code. Claude says
    that the authorization failed and mentions no scope.

Why it breaks
    Claude takes the scopes from the 401 challenge, and where that names none, the whole list of
    `scopes_supported` in the resource metadata. A list of all that exists is fine for
    documentation, but here it becomes the request. Two reports say that Claude asked for the whole
    list of the authorization server, where neither of the two named any. Many servers refuse the
    request as a whole rather than grant less (RFC 6749 section 3.3 allows both).

Fix
    Name what a connector needs, and nothing else, in the 401 challenge. It wins over all lists:

        WWW-Authenticate: Bearer scope="notes:read",
          resource_metadata="https://YOUR-HOST/..."

    Put the same short list into `scopes_supported` of the resource metadata: `claude mcp login` was
    measured to read it there and to ignore the challenge. In the TypeScript SDK the two are
    `requiredScopes` of `requireBearerAuth` and `scopesSupported` of the metadata router.

    With Clerk, Okta or Keycloak, check that the client may have each of them: clients that
    registered themselves often get a default set alone (dcr-scopeless-then-invalid-scope). In
    Claude Code `oauth.scopes` of the server's entry sets the list by hand.

    Both have to show the same short list:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i www-authenticate

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq .scopes_supported
"""

from collections.abc import Iterator

from harness.diagnosis.browsing import asked_scopes
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import edited, is_resource_metadata, without_challenged_scope
from scenarios.effects import inferred
from scenarios.scopes import refused_scopes

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.REPORTED,
    reports=3,
    explains=("authorize.answers", "login.reaches-callback", "callback.code"),
    sources=(
        Source("github.com/tldraw/tldraw/pull/10612", seen="2026-09-01"),
        Source("github.com/anthropics/claude-ai-mcp/issues/228", seen="2026-08-13"),
        Source("github.com/basicmachines-co/basic-memory/issues/1283", seen="2026-08"),
        Source("github.com/modelcontextprotocol/python-sdk/issues/1307", seen="2025-08-26"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refused = refused_scopes(trace)
    if refused is None or refused.suspects == {"offline_access"} or refused.leading_space:
        return
    yield evidence(refused.exchange, refused.place, refused.text, "a code")
    yield evidence(refused.asked, "request.query.scope", " ".join(asked_scopes(trace)))
    listed = used(trace, Step.RESOURCE_METADATA)
    if listed is not None and trace.decision(Step.AUTHORIZE, "scope_from") != "challenge":
        document = listed.json_object or {}
        if "scopes_supported" in document:
            yield evidence(listed, "response.body.scopes_supported", document["scopes_supported"])


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The resource metadata lists a scope that nobody gets, and the challenge names none."""
    if is_resource_metadata(asked):
        return edited(
            answer,
            lambda found: {**found, "scopes_supported": ["notes:read", "notes:admin"]},
        )
    return without_challenged_scope(answer)
