"""The token names another issuer than the one that is published.

What happens
    The sign-in succeeds and a token is issued. Its `iss` claim is not the issuer in the metadata,
    and the MCP server answers 401. Claude refreshes once, gets the same issuer again, and gives up.

Why it breaks
    The MCP server compares `iss` with the issuer it was configured with, character for character
    (RFC 9068 section 4); a path too many or a slash at the end is enough to differ. Usual reasons:
    the metadata has the bare origin and the tokens have the mount path (`/api/auth`), an internal
    host name in the tokens, an Entra application that still gets v1 tokens
    (`https://sts.windows.net/TENANT/`) while the metadata is that of v2.0.

Fix
    Make three values one and the same: `iss` in the token, `issuer` in the authorization server's
    metadata, and the issuer that the MCP server expects. Change the place that is wrong rather than
    the check.

    Entra ID: set `requestedAccessTokenVersion` (under `api`) to 2 in the application's manifest.
    Keycloak behind a proxy: set `KC_HOSTNAME` to the public URL, so that no internal name gets into
    tokens. Auth0: the issuer ends with a slash, `https://YOUR-TENANT.auth0.com/`.

    Compare the first two; they have to be equal to the last character:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq -r .issuer

        jq -rR 'split(".")[1] | gsub("-";"+") | gsub("_";"/")
          | @base64d | fromjson | .iss' token.txt
"""

from collections.abc import Iterator

from harness.diagnosis.bearer import other_issuer, refused_call
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import refusal_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import brings_token, is_token_request, reclaimed, saying
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("connect.accepted",),
    sources=(
        Source("github.com/syllogic-ai/syllogic/issues/70", seen="2026-04-19"),
        Source("github.com/ganhammar/hass-oidc-server/issues/23", seen="2026-05-16"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    called = refused_call(trace, 401)
    if called is None:
        return
    differs = list(other_issuer(trace))
    yield from differs
    if differs:
        yield from refusal_evidence(called)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """Tokens with the path of the library in `iss`, metadata without."""
    if is_token_request(asked):
        return reclaimed(answer, iss="https://auth.reference.test/api/auth")
    if brings_token(asked):
        return saying(answer, "the token was issued by someone else")
    return answer
