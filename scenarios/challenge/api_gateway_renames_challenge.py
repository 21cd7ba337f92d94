"""AWS API Gateway renames the challenge of the 401.

What happens
    The 401 arrives with `x-amzn-remapped-www-authenticate` and no `WWW-Authenticate`. The server
    sends the right header and its own tests pass; only what comes out of the gateway is wrong.
    Claude sees no challenge. It was reported to stop at once and say it could not reach the server.

Why it breaks
    API Gateway keeps some header names for itself and renames them in answers of a Lambda proxy
    integration. `WWW-Authenticate` is one of them. Nobody looks for the challenge under another
    name (RFC 9110 section 11.6.1).

Fix
    Put something in front that gives the name back, for example a CloudFront function on the
    viewer response:

        function handler(event) {
          var h = event.response.headers;
          var sent = h['x-amzn-remapped-www-authenticate'];
          if (sent) { h['www-authenticate'] = sent; }
          return event.response;
        }

    Or leave API Gateway out: a Lambda function URL and an application load balancer do not rename
    it. Look at the answer from outside:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i authenticate
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import REMAPPED_CHALLENGE, evidence, opening
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.REPORTED,
    explains=(
        "challenge.bearer",
        "resource-metadata.found",
        "server-metadata.found",
        "registration.accepted",
    ),
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/748", seen="2026-08-02"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    response = answer.response if answer else None
    if answer is None or response is None or response.status != 401:
        return
    renamed = response.header(REMAPPED_CHALLENGE)
    if renamed is not None and not response.header_lines("www-authenticate"):
        yield evidence(answer, f"response.header.{REMAPPED_CHALLENGE}", renamed, "WWW-Authenticate")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    challenge = answer.header("www-authenticate")
    if challenge is None:
        return answer
    return answer.without_header("www-authenticate").with_header(REMAPPED_CHALLENGE, challenge)
