"""The server refuses its public host name.

What happens
    The MCP endpoint answers 421 ("Invalid Host header", "Misdirected Request"), or 400 or 403 with
    words about the host. On the machine itself it works, as `localhost`, and other routes of the
    same server may work from outside too. Claude gets no 401 and stops.

Why it breaks
    A guard against DNS rebinding compares the Host header with a list, and the public name is not
    on it. Behind a proxy or a tunnel the Host header is the public name. The official Python SDK
    switches the guard on where `host` is localhost, which is the default, also for an app that
    uvicorn serves elsewhere. FastMCP 3.4.3 did so for all; since 3.4.4 it is off unless set. The
    TypeScript SDK has it in `createMcpExpressApp`, likewise on for localhost. Django, Rails and
    Vite have guards of their own.

Fix
    Add the public name to the list. Python SDK 1 (in 2 the option moves from the constructor to
    `run` and `streamable_http_app`):

        from mcp.server.transport_security import TransportSecuritySettings

        mcp = FastMCP("notes", transport_security=TransportSecuritySettings(
            allowed_hosts=["YOUR-HOST", "YOUR-HOST:*"]))

    FastMCP, as a JSON list:

        FASTMCP_HTTP_ALLOWED_HOSTS='["YOUR-HOST"]'

    TypeScript SDK, names without a port:

        createMcpExpressApp({ host: "0.0.0.0", allowedHosts: ["YOUR-HOST"] });

    Django: `ALLOWED_HOSTS`. Rails: `config.hosts`. Vite: `server.allowedHosts`.

    Behind a proxy that passes on only known names the guard may be off. Do not have the proxy
    rewrite Host to an inner name: the server may build its public URLs from it. This is 401 then:

        curl -si -X POST https://YOUR-HOST/mcp | head -n 1
"""

import re
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.REPORTED,
    reports=8,
    explains=(
        "challenge.401",
        "challenge.both-voices",
        "challenge.page-may-call",
        "connect.accepted",
    ),
    sources=(
        Source("github.com/qdonnars/ohmywind/issues/8", seen="2026-04-26"),
        Source("github.com/modelcontextprotocol/python-sdk/issues/1798", seen="2025-12-17"),
        Source("github.com/PrefectHQ/fastmcp/issues/4468", seen="2026-07-08"),
        Source("github.com/freema/openclaw-mcp/issues/41", seen="2026-08-06"),
    ),
)

_ABOUT_HOST = re.compile(
    r"invalid (http_)?host|invalid host header|blocked hosts?\b|disallowedhost"
    r"|\bhost\b.{0,80}\bis not allowed",
    re.IGNORECASE,
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for step in (Step.CHALLENGE, Step.CONNECT):
        calls = trace.at(step, Purpose.INITIALIZE, Purpose.DISCOVER, exploration=False)
        refused = next((one for one in calls if _refuses_host(one)), None)
        if refused is not None:
            yield status_evidence(refused, "401" if step is Step.CHALLENGE else "200")
            yield evidence(refused, "request.header.host", refused.request.header("host"))
            yield body_evidence(refused)
            return


def _refuses_host(exchange: Exchange) -> bool:
    response = exchange.response
    if response is None:
        return False
    if response.status == 421:
        return True
    return response.status in (400, 403) and bool(_ABOUT_HOST.search(response.text[:4096]))


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    # A preflight is answered by the layer for CORS, which runs first.
    if asked.path != "/mcp" or asked.method == "OPTIONS":
        return answer
    return Answer(421, (("Content-Type", "text/plain"),), b"Invalid Host header")
