"""The way back to Claude names another issuer than the metadata.

What happens
    The redirect to Claude carries `iss`, and its value is not the `issuer` of the authorization
    server's metadata. claude.ai was seen to accept it. Claude Code compares the two and stops with
    "Issuer mismatch in authorization response (RFC 9207)", whether or not the metadata announces
    `iss`, and the MCP revision of 2026-07-28 makes the comparison a duty of every client.

Why it breaks
    `iss` tells the client which server an answer comes from, against answers that were swapped
    between servers. It has to be equal to the issuer in the metadata, character by character
    (RFC 9207 section 2.4). better-auth adds its base path in one of the two places; others differ
    by a closing slash or a custom domain. A gateway that publishes metadata of its own and lets
    Keycloak answer the browser has Keycloak's issuer in the redirect.

Fix
    Use one configured issuer for the metadata, for `iss` in the redirect, and for tokens. With
    better-auth either both carry the base path (`/api/auth`) or none does. Where a gateway cannot
    give its own `iss`, leave `iss` out and do not announce it: in Keycloak that is, at the client,
    Advanced, OpenID Connect Compatibility Modes, Exclude Issuer From Authentication Response.

    These two have to be the same, the second one after decoding. It is a request without a
    challenge, which is refused by redirect where PKCE is required; ID is a registered client. The
    address of a real callback tells as much:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq -r .issuer

        curl -si -G https://YOUR-AUTHORIZATION-ENDPOINT \\
          -d response_type=code -d client_id=ID -d state=x \\
          --data-urlencode redirect_uri=https://claude.ai/api/mcp/auth_callback \\
          | grep -o 'iss=[^&]*'
"""

from collections.abc import Iterator

from harness.diagnosis.browsing import callback, parameters
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import to_callback
from scenarios.effects import measured

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("callback.issuer",),
    sources=(
        Source("github.com/letehaha/budget-tracker/issues/551", seen="2026-09-01"),
        Source("RFC 9207 section 2.4", seen="2022-03"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    reached, metadata = callback(trace), used(trace, Step.SERVER_METADATA)
    document = metadata.json_object if metadata else None
    if reached is None or metadata is None or document is None or reached.request.method != "GET":
        return
    named, issuer = parameters(reached).get("iss"), document.get("issuer")
    # Metadata under another issuer than its own is the failure, where `iss` is right.
    if named is not None and named not in (issuer, trace.decision(Step.SERVER_METADATA, "issuer")):
        yield evidence(reached, "request.url", f"iss={named}", f"iss={issuer}")
        yield evidence(metadata, "response.body.issuer", issuer)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return to_callback(answer, lambda sent: {**sent, "iss": f"{sent['iss']}/api/auth"})
