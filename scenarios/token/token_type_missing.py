"""The token answer names no token type, or not Bearer.

What happens
    `token_type` is missing, or is something other than `Bearer`. No public report says that
    claude.ai stops at it. Claude Code refuses an answer without the member, and takes any value.
    Upper and lower case are no cause: `bearer` and `Bearer` both appear in servers that connect and
    in ones that do not (reports 690 and 707).

Why it breaks
    The member is required (RFC 6749 section 5.1), and a client must not use a token of a type that
    it does not know (section 7.1). The MCP SDK's schema demands it. Claude only ever sends
    `Authorization: Bearer`.

Fix
    Send it with every token answer, the refreshed ones too:

        "token_type": "Bearer"

    In the MCP TypeScript SDK it is a member of what your provider returns from
    `exchangeAuthorizationCode` and `exchangeRefreshToken`; the Python SDK's `OAuthToken` fills it
    in. A provider that answers `DPoP` or `mac` binds the token to a key that Claude does not have:
    switch that off for this client.

    See what a refresh returns, with a refresh token of your own:

        curl -s -d grant_type=refresh_token -d refresh_token=YOURS \\
          -d client_id=ID https://YOUR-TOKEN-ENDPOINT | jq .token_type

    It has to print `"Bearer"`, in upper or lower case.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.diagnosis.token_endpoint import code_answer, document, issued
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import without
from scenarios.effects import measured

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    explains=("token.issued",),
    confidence=Confidence.SPECIFICATION,
    reports=0,
    sources=(
        Source("RFC 6749 sections 5.1 and 7.1", seen="2012-10"),
        Source("github.com/modelcontextprotocol/typescript-sdk/issues/1342", seen="2025-12-28"),
        Source("github.com/anthropics/claude-ai-mcp/issues/690", seen="2026-07"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = code_answer(trace)
    if answer is None or not issued(answer):
        return
    kind = document(answer).get("token_type")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        found = "(absent)" if kind is None else kind
        yield evidence(answer, "response.body.token_type", found, "Bearer")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return without(answer, "token_type") if asked.path.endswith("/oauth/token") else answer
