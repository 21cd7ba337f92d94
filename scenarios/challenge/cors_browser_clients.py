"""Clients in a browser may not call the server.

What happens
    A page from another origin, such as MCP Inspector or a playground, cannot call the MCP server or
    cannot read its challenge: the browser blocks it. Claude is not concerned. It calls from its own
    servers, sends no Origin header and never asks for permission.

Why it breaks
    Before such a call the browser sends OPTIONS without a token, and the answer must allow the
    method and the headers (Fetch standard, CORS protocol). An authentication check that runs first
    answers that 401. And a page can read `WWW-Authenticate` only if the answer exposes it.

Fix
    Put CORS before authentication, so that OPTIONS is answered without a token, and send with every
    answer of the MCP path, the metadata and the OAuth endpoints, 401 included:

        Access-Control-Allow-Origin: *
        Access-Control-Allow-Methods: GET, POST, DELETE, OPTIONS
        Access-Control-Allow-Headers: Authorization, Content-Type,
          MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name
        Access-Control-Expose-Headers: WWW-Authenticate, Mcp-Session-Id
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.rows_discovery import page_may_call
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY},
    confidence=Confidence.REPORTED,
    explains=("challenge.page-may-call",),
    sources=(
        Source("github.com/twentyhq/twenty/issues/19836", seen="2026-04-18"),
        Source("github.com/envoyproxy/ai-gateway/issues/2307", seen="2026-07-01"),
        Source("github.com/hauptsacheNet/typo3-mcp-server/issues/115", seen="2026-09-01"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    yield from page_may_call(trace)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The authentication check runs first and knows nothing of CORS."""
    if asked.path != "/mcp":
        return answer
    if asked.method == "OPTIONS":
        return Answer(401, (("WWW-Authenticate", "Bearer"),))
    return answer.without_header("access-control-allow-origin").without_header(
        "access-control-expose-headers"
    )
