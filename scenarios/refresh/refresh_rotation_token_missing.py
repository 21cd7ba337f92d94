"""The refresh answer withholds the next refresh token.

What happens
    The first refresh works, but its answer has no new refresh token, and the old one is no longer
    good. Claude keeps the old one, as it should, and fails with it at the next expiry. The
    connection works for two lifetimes of the token, then it is dead until the user signs in again.

Why it breaks
    A server that rotates refresh tokens has to send the new one in the same answer. Without one in
    it the client goes on with the one it has (RFC 6749 section 6).

Fix
    Return the new token together with the new access token:

        {"access_token": "...", "token_type": "Bearer", "expires_in": 3600,
         "refresh_token": "THE-NEW-ONE"}

    In the MCP SDKs it is a member of what `exchangeRefreshToken` (TypeScript) or
    `exchange_refresh_token` (Python) of your provider returns. If you pass on another provider's
    answer, pass on its `refresh_token` too.

    Or do not rotate, and keep the old token good; then it may be left out. For a public client,
    which Claude mostly is, RFC 9700 section 4.14.2 wants rotation though, or tokens bound to the
    client.

    See what a refresh returns, with a refresh token of your own:

        curl -s -d grant_type=refresh_token -d refresh_token=YOURS \\
          -d client_id=ID https://YOUR-TOKEN-ENDPOINT | jq .refresh_token

    If it prints null, send the same request again: it has to succeed.
"""

from collections.abc import Iterator
from urllib.parse import parse_qs

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, stopped_at
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import without
from scenarios.effects import measured

pattern = Pattern(
    step=Step.REFRESH,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    confidence=Confidence.DOCUMENTED,
    reports=1,
    explains=("refresh.again",),
    sources=(Source("claude.com/docs/connectors/building/authentication", seen="2026-10-01"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answers = list(trace.at(Step.REFRESH, Purpose.REFRESH, exploration=False))
    if len(answers) < 2 or not stopped_at(trace, Step.REFRESH):
        return
    first, last = answers[-2:]
    if _renewed_without_next(first) and last.status in (400, 401):
        yield evidence(
            first, "response.body.refresh_token", "(absent)", "the token for the next refresh"
        )
        yield body_evidence(last, "a token")


def _renewed_without_next(exchange: Exchange) -> bool:
    document = exchange.json_object or {}
    return exchange.status == 200 and "access_token" in document and "refresh_token" not in document


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The server rotates, and forgets to say so."""
    if not asked.path.endswith("/token"):
        return answer
    grant = parse_qs(asked.body.decode(errors="replace")).get("grant_type")
    return without(answer, "refresh_token") if grant == ["refresh_token"] else answer
