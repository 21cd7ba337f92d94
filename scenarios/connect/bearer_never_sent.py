"""A token was issued, and no call with it arrived here.

What happens
    The log of the server ends with `POST /token 200`, or goes on with calls that bring no token.
    Claude says that authorization failed, or that the integration rejected the credentials. This is
    a symptom with many causes, not a cause.

Why it breaks
    Mostly the call was made, and something in front of the server ate it: then the log of the edge
    has it, and that of the server has nothing. From the likeliest down:

        1  a rule against AI bots blocks `Claude-User`, while
           `python-httpx`, which fetched the token, gets through
           (edge-blocks-claude-user-agent)
        2  the firewall lets in only some addresses
           (edge-ip-allowlist-blocks-anthropic)
        3  the first call takes more than 10 seconds
           (initialize-slow-10s)
        4  the server answers with an old protocol version
           (protocol-version-too-old)
        5  the GET stream opens and stays silent (get-stream-hangs)
        6  the load balancer has a rule for /mcp/* and none for /mcp
           (lb-route-bare-path)
        7  the call goes to another path
           (post-auth-call-at-origin-root, connector-url-case-mangled)
        8  the Authorization header is removed on the way
           (authorization-header-stripped)

    Some reports stay without any of these, one of them with a packet capture.

Fix
    Find out where the call ends before anything is changed. Run `harness check` against the public
    URL: it makes the call that is missing, in both voices. Then look into the log of the outermost
    edge at the minute of the token. By hand, both of these have to give the same 401:

        curl -i -X POST -A python-httpx/0.28.1 https://YOUR-HOST/mcp
        curl -i -X POST -A Claude-User https://YOUR-HOST/mcp

    If Claude Code connects to the same URL, causes 1, 2 and 3 are the likelier: it has another
    User-Agent, calls from the user's own address, and waits longer.

    If all of that is in order, report it to Anthropic with a fresh `ofid_` from the URL that Claude
    came back with, and the time in UTC.
"""

import json
from collections.abc import Iterator

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence
from harness.diagnosis.session import unused_token
from harness.model.trace import Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.OBSERVED,
    reports=38,
    explains=("connect.arrives",),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/125", seen="2026-03-29"),
        Source("github.com/anthropics/claude-ai-mcp/issues/293", seen="2026-05-14"),
        Source("github.com/anthropics/claude-ai-mcp/issues/789", seen="2026-08-26"),
        Source("github.com/anthropics/claude-ai-mcp/issues/968", seen="2026-08-31"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    token = unused_token(trace)
    if token is None:
        return
    yield evidence(token, "response.status", token.status)
    after = [one for one in trace.exchanges if one.n > token.n and one.voice is Voice.RUNTIME]
    for one in after[:2]:
        yield evidence(one, "request.header.authorization", "(absent)", "Bearer and the token")


@pattern.recording
def recording() -> Trace:
    """A token, and later a call without one, such as Claude makes now and then."""
    answer = {
        "access_token": "<access_token:1 43>",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "<refresh_token:1 43>",
    }
    return traffic(
        recorded(
            Step.TOKEN,
            "https://mcp.example.com/token",
            method="POST",
            headers=(("Content-Type", "application/json"),),
            answer=json.dumps(answer).encode(),
        ),
        recorded(
            Step.CHALLENGE,
            "https://mcp.example.com/mcp",
            method="POST",
            voice=Voice.RUNTIME,
            status=401,
        ),
    )
