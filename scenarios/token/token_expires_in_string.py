"""The token's lifetime is a string and not a number.

What happens
    The token answer says `"expires_in": "3600"`, with quotes. Claude connects: Claude Code was
    measured to take a number in quotes, and nothing speaks against it for claude.ai. Other clients
    refuse the answer with "Expected number, received string".

Why it breaks
    `expires_in` is a number of seconds (RFC 6749 section 5.1, appendix A.14). Entra's older v1
    endpoint writes a string, and so do servers that build the answer from a form or from
    environment variables. The MCP SDK for TypeScript turns it into a number since November 2025;
    clients with older versions do not.

Fix
    Send a number, without quotes:

        "expires_in": 3600

    At Entra use the v2.0 endpoints (`/oauth2/v2.0/token` instead of `/oauth2/token`). If you proxy
    another provider, turn the member into an integer on the way:

        const expires_in = Number(answer.expires_in);

    See what a refresh returns, with a refresh token of your own:

        curl -s -d grant_type=refresh_token -d refresh_token=YOURS \\
          -d client_id=ID https://YOUR-TOKEN-ENDPOINT | jq '.expires_in | type'

    It has to print `"number"`.
"""

import json
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.diagnosis.token_endpoint import code_answer, document, issued
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import edited
from scenarios.effects import measured

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.ADVISORY)},
    confidence=Confidence.REPORTED,
    reports=3,
    sources=(
        Source("github.com/modelcontextprotocol/typescript-sdk/issues/1111", seen="2025-11"),
        Source("github.com/LibreChat-AI/librechat.ai/issues/420", seen="2025-10-03"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = code_answer(trace)
    lifetime = document(answer).get("expires_in")
    if answer is not None and issued(answer) and isinstance(lifetime, str):
        yield evidence(answer, "response.body.expires_in", json.dumps(lifetime), "a number")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.path.endswith("/oauth/token") or answer.status != 200:
        return answer
    return edited(answer, lambda found: {**found, "expires_in": str(found["expires_in"])})
