"""Clients in a browser may not call the server.

What happens
    A page from another origin, such as MCP Inspector or a playground, cannot call the MCP server or
    cannot read its challenge: the browser blocks it. Claude is not concerned. It calls from its own
    servers, sends no Origin header and never asks for permission; Claude Code does likewise.

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

    Starlette and FastAPI, added after the middleware that checks the token, because the last one
    added runs first:

        app.add_middleware(CORSMiddleware, allow_origins=["*"],
          allow_methods=["GET", "POST", "DELETE"], allow_headers=["*"],
          expose_headers=["WWW-Authenticate", "Mcp-Session-Id"])

    Express, before the middleware that checks the token:

        app.use(cors({
          exposedHeaders: ["WWW-Authenticate", "Mcp-Session-Id"] }));

    This must show a status below 300 and the headers above:

        curl -si -X OPTIONS https://YOUR-HOST/mcp \\
          -H 'Origin: http://localhost:6274' \\
          -H 'Access-Control-Request-Method: POST' \\
          -H 'Access-Control-Request-Headers: authorization,content-type' \\
          | grep -iE '^HTTP|^access-control'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.rows_discovery import page_may_call
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    confidence=Confidence.REPORTED,
    reports=9,
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
