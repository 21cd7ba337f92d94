"""The first call after the sign-in goes to the root of the host, not to the endpoint.

What happens
    Discovery and sign-in use the right URL. Then `POST /` arrives with the new token, and nothing
    arrives at the endpoint's path. The root answers 404 or a web page, and Claude says that no MCP
    server was found at the URL.

Why it breaks
    Either the connector was added with the bare host and finds the metadata of the endpoint all the
    same, or Claude drops the path. The latter was reported several times, and was open as of August
    2026; its cause is not known. Claude Code and the Messages API keep the path.

Fix
    Look at the URL in the connector's settings first: it needs the path. If it has it, serve the
    endpoint at the root as well:

        location = / { proxy_pass http://BACKEND/mcp; }    # nginx
        app.post(["/mcp", "/"], handler);                  // Express

    Keep `resource` in the metadata at the URL with the path: tokens are issued for that.

    The root has to ask for a token now, with 401 instead of 404:

        curl -si -X POST https://YOUR-HOST/ | head -1
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, simulated, status_evidence
from harness.diagnosis.session import calls_with_token
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred, with_a_token
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.CLAUDE,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: inferred(Impact.NONE),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    claude_shows=Shows.NO_SERVER_FOUND,
    confidence=Confidence.OBSERVED,
    reports=4,
    explains=("connect.accepted",),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/806", seen="2026-08-08"),
        Source("github.com/anthropics/claude-ai-mcp/issues/930", seen="2026-08-26"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    target = _host(trace.target)
    if simulated(trace) or urlsplit(trace.target).path in ("", "/"):
        return
    calls = [one for one in calls_with_token(trace) if _host(one.request.url) == target]
    paths = {urlsplit(one.request.url).path or "/" for one in calls}
    if paths == {"/"} and calls[-1].status != 200:
        yield evidence(calls[0], "request.url", calls[0].request.url, trace.target)
        yield status_evidence(calls[-1], "200")


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


@pattern.recording
def recording() -> Trace:
    sent = (("User-Agent", "Claude-User"), ("Authorization", "Bearer <access_token:1 43>"))
    return traffic(
        recorded(Step.CONNECT, "https://mcp.example.com/", method="POST", sent=sent, status=404),
        recorded(Step.CONNECT, "https://mcp.example.com/", method="POST", sent=sent, status=404),
    )
