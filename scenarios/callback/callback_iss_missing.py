"""The metadata promises iss in the callback, and it is not there.

What happens
    The metadata says `authorization_response_iss_parameter_supported: true`, and the redirect to
    Claude has no `iss`. claude.ai takes that without a word; Claude Code stops with "Issuer
    mismatch in authorization response (RFC 9207)", because an answer without the promised name
    could be somebody else's. Some people took the missing `iss` for the reason why claude.ai never
    called their token endpoint; adding it did not cure that.

Why it breaks
    A client that reads the promise has to refuse answers without `iss` (RFC 9207 section 2.4). The
    usual reasons: metadata copied from an example, a proxy that builds the redirect itself while
    the metadata comes from the server behind it, or a library that adds `iss` to codes and leaves
    the error redirects to the application.

Fix
    Add `iss` to every redirect back, errors included, with exactly the `issuer` of the metadata:

        back.searchParams.set("iss", issuer);

    Cloudflare's `workers-oauth-provider` makes the promise always. Redirect to what
    `completeAuthorization()` returns, and build errors with `authorizationErrorRedirect()`. In
    Keycloak a client's switch takes `iss` away: Advanced, OpenID Connect Compatibility Modes,
    Exclude Issuer From Authentication Response.

    Or take the promise out of the metadata. Where the first command says `true`, the second has to
    print `iss`. It is a request without a challenge, which is refused by redirect where PKCE is
    required; ID is a registered client:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq .authorization_response_iss_parameter_supported

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
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    confidence=Confidence.SPECIFICATION,
    reports=1,
    explains=("callback.issuer",),
    sources=(
        Source("RFC 9207 section 2.4", seen="2022-03"),
        Source("github.com/anthropics/claude-ai-mcp/issues/480", seen="2026-06-25"),
        Source("github.com/open-metadata/OpenMetadata/issues/30673", seen="2026-07-30"),
        Source("github.com/cloudflare/mcp-server-cloudflare/issues/449", seen="2026-08-12"),
    ),
)

PROMISE = "authorization_response_iss_parameter_supported"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    reached, metadata = callback(trace), used(trace, Step.SERVER_METADATA)
    document = metadata.json_object if metadata else None
    if reached is None or metadata is None or document is None or reached.request.method != "GET":
        return
    values = parameters(reached)
    if document.get(PROMISE) is True and values.get("code") and "iss" not in values:
        yield evidence(metadata, f"response.body.{PROMISE}", "true")
        yield evidence(reached, "request.url", "no iss", f"iss={document.get('issuer')}")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return to_callback(answer, lambda sent: {name: sent[name] for name in sent if name != "iss"})
