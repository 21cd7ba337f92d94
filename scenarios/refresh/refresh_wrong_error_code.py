"""A dead refresh token is not answered with invalid_grant.

What happens
    The check sent a refresh token that nobody ever issued, and the answer was something other than
    `invalid_grant`: another error code, a 500, or no OAuth error at all. When a real one dies, by
    expiry, revocation or a new deployment, the user is not asked to sign in again. Claude comes
    back with the dead token over and over.

Why it breaks
    `invalid_grant` with 400 is the one sign that a refresh token is dead (RFC 6749 section 5.2),
    and Claude's documentation asks for exactly it. Any other answer reads as a fault that passes,
    so the client tries again later: Claude Code asks three times after a 500, and goes on with the
    old access token. A token that cannot be decoded or found often ends in `invalid_request`, or in
    an exception and a 500.

Fix
    Whatever is wrong with the refresh token (unknown, expired, revoked, spent, another client's,
    not readable at all), answer:

        HTTP/1.1 400 Bad Request
        Content-Type: application/json

        {"error": "invalid_grant"}

    Keep `invalid_client` for the client alone, and `invalid_request` for a missing parameter. The
    MCP TypeScript SDK makes a 500 of every exception but its own, so throw this one from
    `exchangeRefreshToken`:

        import { InvalidGrantError } from
          "@modelcontextprotocol/sdk/server/auth/errors.js";

    With the Python SDK return `None` from `load_refresh_token`, or raise
    `TokenError("invalid_grant")`.

    Try it with a client id that exists:

        curl -i -d grant_type=refresh_token -d refresh_token=nobody-issued-this \\
          -d client_id=ID https://YOUR-TOKEN-ENDPOINT

    It has to answer 400 with `invalid_grant`; FastMCP answers 401 with the same code, which passes.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.rows_token import dead_token
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_grant, refusal
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REFRESH,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: inferred(Impact.DEGRADES)},
    confidence=Confidence.DOCUMENTED,
    reports=2,
    deep=True,
    explains=("refresh.dead-token",),
    sources=(
        Source("claude.com/docs/connectors/building/authentication", seen="2026-10-01"),
        Source("github.com/jentic/jentic-one/issues/1339", seen="2026-09-11"),
        Source("github.com/obot-platform/obot/issues/7501", seen="2026-08-05"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    yield from dead_token(trace)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_grant(asked, "refresh_token") or answer.status < 400:
        return answer
    return refusal(answer, 400, "invalid_request", "refresh_token is malformed")
