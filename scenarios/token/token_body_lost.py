"""The token request arrives without its body.

What happens
    Claude sends the form with `grant_type` in it, and the token endpoint answers that `grant_type`
    is missing; Entra says AADSTS900144. The body got lost in between. One report is known, behind
    an AWS API gateway; where its body went was not found out.

Why it breaks
    Something hands the request on and forgets what is in it: a proxy route in front of an identity
    provider that forwards headers alone, a handler that reads the body before it forwards it, a
    redirect with 301 or 302, after which the request goes on as GET without a body (RFC 9110
    section 15.4), or a route that has no parser for forms.

Fix
    Forward the bytes of the body as they came, with `Content-Type` and the right `Content-Length`,
    and do not redirect this route.

    Express: put `express.urlencoded()` before a route of your own. Before `http-proxy-middleware` a
    parser empties the body; leave it out there, or write the body again:

        createProxyMiddleware({ target, on: { proxyReq: fixRequestBody } })

    AWS Lambda: a form can arrive encoded; decode it when `event.isBase64Encoded` is true:

        const form = event.isBase64Encoded
          ? Buffer.from(event.body, "base64").toString() : event.body;

    Post the same form to both addresses and compare, first yours, then the provider's:

        curl -i -d grant_type=authorization_code -d code=x -d client_id=x \\
          https://YOUR-TOKEN-ENDPOINT

    Both have to complain about the code or the client, neither about `grant_type`.
"""

import re
from collections.abc import Iterator

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.diagnosis.token_endpoint import form, said
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.OBSERVED,
    reports=1,
    explains=("token.issued", "refresh.accepted"),
    detectable=Detectable.TRAFFIC,
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/406", seen="2026-06"),),
)

_MISSING = re.compile(
    r"aadsts900144|grant_type\W+(?:\w+\W+){0,3}(?:missing|required)|missing\W+(?:\w+\W+){0,3}grant_type"
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for answer in trace.exchanges:
        if answer.purpose not in (Purpose.TOKEN, Purpose.REFRESH) or answer.exploration:
            continue
        sent = form(answer).get("grant_type")
        if answer.status in (400, 401, 422) and sent and _MISSING.search(said(answer)):
            yield body_evidence(answer, "the form, as it was sent")
            yield evidence(answer, "request.body.grant_type", sent)
            return


@pattern.recording
def recording() -> Trace:
    return traffic(
        recorded(
            Step.TOKEN,
            "https://mcp.example.com/oauth/token",
            method="POST",
            sent=(("Content-Type", "application/x-www-form-urlencoded"),),
            body=b"grant_type=authorization_code&code=c-1&code_verifier=v-1&client_id=app-1",
            status=400,
            headers=(("Content-Type", "application/json"),),
            answer=b'{"error":"invalid_request","error_description":"AADSTS900144: The request body'
            b" must contain the following parameter: 'grant_type'.\"}",
        ),
    )
