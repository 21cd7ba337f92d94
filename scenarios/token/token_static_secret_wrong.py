"""The client id or secret stored in Claude is not good any more.

What happens
    The user entered a client id and secret when adding the connector. The sign-in works, and then
    the token endpoint answers `invalid_client` or `unauthorized_client`. The address of the page
    carries `oauth_error=unauthorized_client` or `error_code=mcp_token_exchange_failed`.

Why it breaks
    The secret was rotated or has expired at the identity provider, a space was copied along, the
    application was deleted or is of another tenant, or the id of the secret was entered where its
    value belongs. The first page needs the id alone, so that only the token request shows it
    (RFC 6749 section 5.2).

Fix
    Enter the id and a secret created just now in the connector's settings. Removing the connector
    forgets both, so enter them again when adding it.

    Entra: Certificates & secrets, copy the column Value, not Secret ID. AADSTS7000215 says that the
    secret is wrong, AADSTS7000222 that it has expired; the portal gives a secret two years at most.

    Test the pair before it goes into Claude, with the secret in the form as Claude sends it:

        curl -i -d client_id=ID -d client_secret=SECRET -d code=x \\
          -d grant_type=authorization_code https://YOUR-TOKEN-ENDPOINT

    A right pair is answered with `invalid_grant` or another word about the code; `invalid_client`
    means that the pair is wrong. Or run a check with the pair you believe in. If that gets a token,
    what Claude holds differs.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.diagnosis.token_endpoint import (
    authentication,
    code_answer,
    form,
    published,
    refused,
    registered,
)
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import is_http_url
from scenarios.effects import measured
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.DOCUMENTED,
    reports=2,
    explains=("token.issued",),
    detectable=Detectable.TRAFFIC,
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/350", seen="2026-05-27"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = code_answer(trace)
    if answer is None or not refused(answer, "invalid_client", "unauthorized_client"):
        return
    client_id, method = form(answer).get("client_id"), authentication(answer)
    # One that registered itself, or brought its own document, was not entered by the user.
    if is_http_url(client_id) or registered(trace):
        return
    methods = published(trace, "token_endpoint_auth_methods_supported")
    if isinstance(methods, list) and method not in methods:
        return
    yield body_evidence(answer, "a token")
    yield evidence(answer, "request.body.client_id", client_id or "(in the header)")


@pattern.recording
def recording() -> Trace:
    return traffic(
        recorded(
            Step.TOKEN,
            "https://auth.example.com/token",
            method="POST",
            body=b"grant_type=authorization_code&code=c-1&code_verifier=v-1&client_id=app-1"
            b"&client_secret=out-of-date",
            status=401,
            headers=(("Content-Type", "application/json"),),
            answer=b'{"error":"invalid_client","error_description":"Invalid client secret"}',
        ),
    )
