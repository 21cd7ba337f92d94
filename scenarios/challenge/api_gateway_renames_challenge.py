"""AWS API Gateway renames the challenge of the 401.

What happens
    The 401 arrives with `x-amzn-remapped-www-authenticate` and no `WWW-Authenticate`. The server
    sends the right header and its own tests pass; only what comes out of the gateway is wrong.
    Claude sees no challenge. It was reported to stop at once and say it could not reach the server;
    another operator saw claude.ai and Claude Code go on to the well-known addresses and connect.

Why it breaks
    API Gateway keeps some header names for itself and renames them in answers of a Lambda proxy
    integration; Lambda function URLs do the same. `WWW-Authenticate` is one of them. Nobody looks
    for the challenge under another name (RFC 9110 section 11.6.1).

Fix
    Give the name back behind the gateway, or have the 401 come from something else than Lambda.

    An application load balancer in front of the function or of a container passes the header on.

    A REST API with an authorizer: set the header in the gateway's own 401. `MetadataUrl` is a
    parameter of the template that holds the address of the resource metadata:

        Type: AWS::ApiGateway::GatewayResponse
        Properties:
          RestApiId: !Ref Api
          ResponseType: UNAUTHORIZED
          StatusCode: '401'
          ResponseParameters:
            gatewayresponse.header.WWW-Authenticate:
              !Sub "'Bearer resource_metadata=\\"${MetadataUrl}\\"'"

    CloudFront in front: a Lambda@Edge function on the origin response. A CloudFront function does
    not do, it is not run for a status of 400 or more:

        exports.handler = async (event) => {
          const response = event.Records[0].cf.response;
          const sent = response.headers['x-amzn-remapped-www-authenticate'];
          if (sent) response.headers['www-authenticate'] =
            [{ key: 'WWW-Authenticate', value: sent[0].value }];
          return response;
        };

    Serve the metadata at the well-known addresses in any case. This must show the right name:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i authenticate
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import REMAPPED_CHALLENGE, evidence, opening
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred, with_a_token

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.INFRASTRUCTURE,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: inferred(Impact.ADVISORY),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.REPORTED,
    reports=1,
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
