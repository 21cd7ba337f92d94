"""The token answer does not say how long the token is good.

What happens
    `expires_in` is missing, null, zero or less. The connection comes about: an absent lifetime
    keeps no client of Claude's from connecting. But Claude cannot renew the token before it ends,
    and has to find out from a 401. People report that they have to sign in again after about an
    hour, or that nothing was ever renewed.

Why it breaks
    The member is recommended, and without it the client has to learn the lifetime by other means
    (RFC 6749 section 5.1). Clients guess: one hour is common. Claude Code was measured to take a
    null for "expired already", and to renew the token before every request when less than five
    minutes are left of it.

Fix
    Send the lifetime in seconds, a positive whole number, with every token answer, the refreshed
    ones too:

        {"access_token": "...", "token_type": "Bearer", "expires_in": 3600}

    In the MCP SDKs it is a member of what your provider returns, from `exchangeAuthorizationCode`
    and `exchangeRefreshToken` (TypeScript) or `exchange_authorization_code` and
    `exchange_refresh_token` (Python).

    For a token that never expires, leave the member out rather than send 0. And answer 401, not 403
    or 500, when a token has expired: that is what Claude then goes by.

    See what a refresh returns, with a refresh token of your own:

        curl -s -d grant_type=refresh_token -d refresh_token=YOURS \\
          -d client_id=ID https://YOUR-TOKEN-ENDPOINT | jq .expires_in

    It has to print a number above 300.
"""

import json
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.diagnosis.token_endpoint import code_answer, document, issued
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.bending import without

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.ADVISORY,
        Surface.CLAUDE_CODE: Effect(
            Impact.ADVISORY,
            Confidence.REPORTED,
            Source("github.com/anthropics/claude-code/issues/9017", seen="2025-10-06"),
        ),
    },
    confidence=Confidence.REPORTED,
    reports=3,
    sources=(
        Source("github.com/Doist/todoist-mcp/issues/400", seen="2026-03-19"),
        Source("github.com/anthropics/claude-code/issues/9017", seen="2025-10-06"),
        Source("github.com/QwenLM/qwen-code/issues/5355", seen="2026-06"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = code_answer(trace)
    if answer is None or not issued(answer):
        return
    lifetime = document(answer).get("expires_in", "(absent)")
    late = isinstance(lifetime, int | float) and lifetime <= 0
    if lifetime == "(absent)" or lifetime is None or late:
        found = lifetime if lifetime == "(absent)" else json.dumps(lifetime)
        yield evidence(answer, "response.body.expires_in", found, "seconds, a positive number")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return without(answer, "expires_in") if asked.path.endswith("/oauth/token") else answer
