"""Claude calls another spelling of the path: letters changed case.

What happens
    The user entered `/api/mcp`, and requests arrive for `/Api/mcp` or `/MCP`. The server does not
    know that path and answers 404. Claude says that no MCP server was found at the URL.

Why it breaks
    Claude stored the URL with other letters than were typed, and paths are case-sensitive (RFC 3986
    section 6.2.2.1). The fault is Claude's; it was open as of August 2026. Claude Code and the
    Messages API use the URL as it is given.

Fix
    Answer every spelling of the endpoint's path. Where the router is strict (Starlette, Go, most
    gateways), add a rule in front (nginx):

        location ~* ^/api/mcp/?$ {
          rewrite ^ /api/mcp break;
          proxy_pass http://BACKEND;
        }

    Express compares without regard to case already. Leave the resource metadata and the audience of
    tokens as they are. Removing the connector and adding it anew with a path in lower case is worth
    a try.

    The other spelling has to get the same 401 as the right one:

        curl -si -X POST https://YOUR-HOST/Api/mcp | head -1
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, simulated, status_evidence
from harness.model.trace import Exchange, Step, Trace, Voice
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
    confidence=Confidence.REPORTED,
    reports=4,
    explains=("connect.accepted",),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/382", seen="2026-05-30"),
        Source("github.com/anthropics/claude-ai-mcp/issues/779", seen="2026-08-05"),
        Source("github.com/anthropics/claude-ai-mcp/issues/785", seen="2026-08-05"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    if simulated(trace):
        return
    mangled = [one for one in trace.exchanges if _mangled(one, trace.target)]
    for one in mangled[:2]:
        yield evidence(one, "request.url", one.request.url, trace.target)
        yield status_evidence(one, "401, or 200")


def _mangled(exchange: Exchange, target: str) -> bool:
    """True for a call that missed the endpoint by the case of its letters."""
    wanted, called = urlsplit(target), urlsplit(exchange.request.url)
    one, other = wanted.path.rstrip("/"), called.path.rstrip("/")
    return (
        exchange.voice is not Voice.BROWSER
        and exchange.status in (404, 405)
        and wanted.netloc.lower() == called.netloc.lower()
        and one != other
        and one.lower() == other.lower()
    )


@pattern.recording
def recording() -> Trace:
    sent = (("User-Agent", "Claude-User"), ("Authorization", "Bearer <access_token:1 43>"))
    return traffic(
        recorded(
            Step.CONNECT, "https://mcp.example.com/Api/mcp", method="POST", sent=sent, status=404
        ),
        target="https://mcp.example.com/api/mcp",
    )
