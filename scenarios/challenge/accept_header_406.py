"""The server refuses the Accept header of Claude's first request.

What happens
    The sign-in broker asks with `Accept: */*` and is answered 406. Claude never sees the 401 and
    cannot start the sign-in. With both media types named in the header the same server answers as
    it should, which is why other clients work.

Why it breaks
    MCP wants clients to list `application/json` and `text/event-stream`, and SDKs enforce it by
    comparing text. `*/*` does cover both (RFC 9110 section 12.5.1), so a request with it need not
    be refused.

Fix
    Take `*/*` for both types, or put the header right before the SDK sees it. In nginx:

        map $http_accept $mcp_accept {
          default $http_accept;
          "*/*"   "application/json, text/event-stream";
        }
        location /mcp { proxy_set_header Accept $mcp_accept; proxy_pass http://BACKEND; }

    Better still, let authentication run before the SDK: a call without a token then gets its 401
    whatever it accepts. Compare:

        curl -i -X POST -H 'Accept: */*' https://YOUR-HOST/mcp
        curl -i -X POST -H 'Accept: application/json, text/event-stream' https://YOUR-HOST/mcp
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

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.OBSERVED,
    explains=("challenge.401",),
    sources=(
        Source("github.com/homeassistant-ai/ha-mcp/issues/750", seen="2026-03-11"),
        Source("github.com/NateBJones-Projects/OB1/issues/33", seen="2026-03-14"),
        Source("github.com/anthropics/claude-code/issues/45368", seen="2026-04-08"),
        Source("github.com/anthropics/claude-ai-mcp/issues/217", seen="2026-04-23"),
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
