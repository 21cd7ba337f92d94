"""The server refuses the Accept header of Claude's first request.

What happens
    The sign-in broker asks with `Accept: */*` and is answered 406. Claude never sees the 401 and
    cannot start the sign-in. With both media types named in the header the same server answers as
    it should, which is why other clients work. Claude Code names both.

Why it breaks
    MCP wants clients to list `application/json` and `text/event-stream`, and SDKs enforce it by
    comparing text. `*/*` does cover both (RFC 9110 section 12.5.1), so a request with it need not
    be refused.

Fix
    Let authentication answer before the SDK looks at the header: a call without a token then gets
    its 401 whatever it accepts. Where no sign-in is wanted, take `*/*` for both types.

    Python: version 2 of the `mcp` package takes `*/*`, and so does FastMCP 4, which builds on it;
    1.x and FastMCP 3 do not. Express with the TypeScript SDK 1.x, in front of the transport (some
    releases read the raw headers):

        app.use("/mcp", (req, res, next) => {
          if (req.headers.accept === "*/*") {
            const both = "application/json, text/event-stream";
            const raw = req.rawHeaders;
            raw[raw.findIndex(h => h.toLowerCase() === "accept") + 1] = both;
            req.headers.accept = both;
          }
          next();
        });

    nginx, the map outside of the `server` block, the rest in it:

        map $http_accept $mcp_accept {
          default $http_accept;
          "*/*"   "application/json, text/event-stream";
        }
        location /mcp {
          proxy_set_header Accept $mcp_accept;
          proxy_pass http://BACKEND;
        }

    This must not print 406 (401 where a sign-in is wanted):

        curl -si -X POST https://YOUR-HOST/mcp -H 'Accept: */*' \\
          -H 'Content-Type: application/json' -d '{}' | head -n 1
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    body_evidence,
    evidence,
    opening,
    status_evidence,
    straight_opening,
)
from harness.model.answer import Answer, Asked
from harness.model.trace import Response, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.calls import as_json
from scenarios.effects import inferred, with_a_token

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: inferred(Impact.NONE),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.OBSERVED,
    reports=5,
    explains=("challenge.401",),
    sources=(
        Source("github.com/NateBJones-Projects/OB1/issues/33", seen="2026-03-14"),
        Source("github.com/anthropics/claude-ai-mcp/issues/217", seen="2026-04-23"),
        Source("github.com/homeassistant-ai/ha-mcp/issues/750", seen="2026-03-11"),
        Source("github.com/anthropics/claude-code/issues/45368", seen="2026-04-08"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer, runtime = straight_opening(trace), opening(trace, Voice.RUNTIME)
    if answer is None or answer.response is None or not _not_acceptable(answer.response):
        return
    if runtime is None or runtime.response is None or not _not_acceptable(runtime.response):
        yield status_evidence(answer, "401")
        yield evidence(answer, "request.header.accept", answer.request.header("accept"))
        yield body_evidence(answer)


def _not_acceptable(response: Response) -> bool:
    about = "accept" in response.text[:4096].lower() and "event-stream" in response.text[:4096]
    return response.status == 406 or (response.status in (400, 415) and about)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The check of an SDK that compares the header's text, before authentication."""
    if asked.method != "POST" or asked.path != "/mcp":
        return answer
    accepts = asked.header("accept") or ""
    if "application/json" in accepts and "text/event-stream" in accepts:
        return answer
    said = "Not Acceptable: Client must accept both application/json and text/event-stream"
    error = {"code": -32000, "message": said}
    refused = as_json(answer, {"jsonrpc": "2.0", "id": None, "error": error}, status=406)
    return refused.without_header("www-authenticate")
