"""The MCP server refuses a token because it was told no time of expiry.

What happens
    The sign-in succeeds and a token is issued. The first call with it is answered 401
    `invalid_token`, "Token has no expiration time", before any code of the server's own runs, so
    its log shows nothing. The user reads that the integration rejected the credentials.

Why it breaks
    `requireBearerAuth` of the TypeScript SDK first asks the server's own verifier, and then wants a
    number in `expiresAt` of what it returned. A verifier that leaves the field out, or gives a
    `Date` or a text, lets no token pass, however valid it is.

Fix
    Return `expiresAt` from `verifyAccessToken`, in seconds since the epoch. Of a JWT that is its
    `exp`; of an opaque token, the time stored when it was issued, or `exp` of the introspection
    answer (RFC 7662 section 2.2).

        return {
          token, clientId: payload.client_id,
          scopes: (payload.scope ?? "").split(" "),
          expiresAt: payload.exp,
        };

    An access token that never ends needs a time as well; better let it end, and issue a refresh
    token. A call with a token has to give anything but 401:

        curl -si -X POST https://YOUR-HOST/mcp \\
          -H 'Authorization: Bearer TOKEN' | head -n 1
"""

from collections.abc import Iterator

from harness.diagnosis.bearer import refused_call
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import refusal_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.calls import as_json, brings_token
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.CREDENTIALS_REJECTED,
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("connect.accepted",),
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/912", seen="2026-08-24"),),
)

_WORDS = "no expiration time"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    called = refused_call(trace, 401)
    response = called.response if called else None
    if called is None or response is None:
        return
    said = (*response.header_lines("www-authenticate"), response.text[:4096])
    if any(_WORDS in one.lower() for one in said):
        yield from refusal_evidence(called)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The middleware of the SDK, behind a verifier that says nothing of the time."""
    if not brings_token(asked):
        return answer
    words = "Token has no expiration time"
    refused = as_json(answer, {"error": "invalid_token", "error_description": words}, status=401)
    return refused.with_header(
        "WWW-Authenticate", f'Bearer error="invalid_token", error_description="{words}"'
    )
