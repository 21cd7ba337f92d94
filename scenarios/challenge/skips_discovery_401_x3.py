"""Claude repeats its first request and never asks for the metadata.

What happens
    The log shows two or three POST requests of Claude within seconds, each answered 401 with a
    challenge that names the metadata, and then nothing: no request to `/.well-known/...`. The user
    reads that the server could not be reached.

Why it breaks
    That is a symptom with more than one cause. In this traffic the challenge is whole, so it was
    not what kept Claude from going on. Requests may have been lost on the way: an edge that
    answers or blocks `/.well-known/` itself keeps them out of your log. Otherwise Claude gave up
    inside, for instance on an address that failed a short time ago; no cause of that kind is
    proven.

Fix
    Find out whether the requests for the metadata were never sent or never arrived. Check this
    server with the harness first: it asks what Claude asks, and says which answer stops it.

    Then look into the edge's own log for `/.well-known/` in the same seconds. This must be 200 and
    JSON, and stand in your log:

        curl -si -A python-httpx/0.28.1 \\
          https://YOUR-HOST/.well-known/oauth-protected-resource/mcp

    If that is all well, remove the connector, wait some minutes, and add it again. If it stays,
    report it to Anthropic with a fresh `ofid_`, the time in UTC and these lines of the log.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import challenge_parameter, evidence, simulated, status_evidence
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import is_http_url
from scenarios.effects import measured, with_a_token
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.CLAUDE,
    impact={
        Surface.CLAUDE_AI: Impact.DEGRADES,
        Surface.CLAUDE_CODE: measured(Impact.NONE),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.OBSERVED,
    reports=2,
    detectable=Detectable.TRAFFIC,
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/217", seen="2026-09"),),
)

_SECONDS = 30.0


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    asked = trace.exchanges
    if simulated(trace) or len(asked) < 2 or any(one.step is not Step.CHALLENGE for one in asked):
        return
    if asked[-1].started - asked[0].started > _SECONDS or not all(map(_whole, asked)):
        return
    for one in asked:
        yield status_evidence(one, "401 once, then a request for the metadata")
    pointer = asked[0].response.header("www-authenticate") if asked[0].response else None
    yield evidence(asked[0], "response.header.www-authenticate", pointer)


def _whole(one: Exchange) -> bool:
    """True for a POST without a token that got 401 and a challenge with a usable pointer."""
    if one.request.method != "POST" or one.request.header("authorization") is not None:
        return False
    return one.status == 401 and is_http_url(challenge_parameter(one, "resource_metadata"))


@pattern.recording
def recording() -> Trace:
    pointer = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
    refused = recorded(
        Step.CHALLENGE,
        "https://mcp.example.com/mcp",
        method="POST",
        sent=(("User-Agent", "python-httpx/0.28.1"), ("Content-Type", "application/json")),
        body=b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}',
        status=401,
        headers=(("WWW-Authenticate", f'Bearer resource_metadata="{pointer}"'),),
    )
    return traffic(refused, refused, refused)
