"""The server wants an API key and offers no sign-in.

What happens
    A call without a key is answered 401, without a Bearer challenge, and neither the MCP host nor
    anything it names publishes OAuth metadata. Claude takes the 401 for a sign-in, finds none,
    guesses `/register` and says that it could not register with the sign-in service. Claude Code
    shows "Needs authentication", and its sign-in fails in the same way.

Why it breaks
    To Claude 401 means OAuth. An API key is handed to the user by other means, and nothing in MCP
    tells a client how to get one.

Fix
    Have the key sent with every request, or replace it by OAuth; a 401 alone leads nowhere.

    Let the user enter the key: Claude's connector dialog has request headers (beta since mid 2026).
    The value goes in as it must be sent, scheme included. For Claude Code:

        claude mcp add --transport http notes https://YOUR-HOST/mcp \\
          --header "X-API-Key: KEY"

    Or put OAuth in front: a gateway, or a small authorization server that stores each user's key at
    the sign-in and passes it on.

    Or leave `initialize` and `tools/list` open, and answer with an error only where a key is
    needed.

    Check that the server takes the key:

        harness check https://YOUR-HOST/mcp --header X-API-Key=env:KEY
"""

import re
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    body_evidence,
    endpoints_guessed,
    evidence,
    opening,
    status_evidence,
)
from harness.model.answer import Answer, Asked
from harness.model.challenge import bearer
from harness.model.trace import Response, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_resource_metadata
from scenarios.calls import as_json
from scenarios.effects import measured

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.OBSERVED,
    reports=3,
    explains=(
        "challenge.bearer",
        "resource-metadata.found",
        "resource-metadata.path-form",
        "server-metadata.found",
        "registration.accepted",
    ),
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/457", seen="2026-09-22"),),
)

_KEY = re.compile(r"api[-_ ]?key|\bx-[a-z-]*key\b|access[-_ ]key", re.IGNORECASE)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer is None or answer.response is None or answer.status != 401:
        return
    lines = answer.response.header_lines("www-authenticate")
    if bearer(lines) is not None or not endpoints_guessed(trace) or not _wants_key(answer.response):
        return
    yield evidence(
        answer, "response.header.www-authenticate", ", ".join(lines) or "(absent)", "Bearer"
    )
    yield body_evidence(answer)
    for one in (*trace.at(Step.RESOURCE_METADATA), *trace.at(Step.SERVER_METADATA)):
        if one.status != 200:
            yield status_evidence(one, f"200 at {one.request.url}")


def _wants_key(response: Response) -> bool:
    said = (response.header("www-authenticate") or "") + response.text[:4096]
    return _KEY.search(said) is not None


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if is_resource_metadata(asked):
        return Answer(404, (("Content-Type", "application/json"),), b'{"error":"not found"}')
    if answer.status != 401 or answer.header("www-authenticate") is None:
        return answer
    refused = as_json(answer, {"error": "the header x-api-key is missing"}, status=401)
    return refused.with_header("WWW-Authenticate", 'ApiKey realm="notes"')
