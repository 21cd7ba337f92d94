"""The metadata exists only as an OpenID Connect document.

What happens
    `/.well-known/oauth-authorization-server` answers 404, and the document lies at
    `/.well-known/openid-configuration`. claude.ai asks for one, then for the other, and takes the
    first that answers, so this does not stop it. Claude Code goes on in the same way.

Why it breaks
    It should not break Claude. OpenID providers publish what their own standard asks for (OpenID
    Connect Discovery section 4), and know nothing of RFC 8414. A client that asks for one of the
    two names alone fails; there were some, and there are reports about older SDKs, and about
    servers that have only the other name.

Fix
    Serve the same document under both names, if the host of the issuer is yours; else leave it as
    it is. An address of your own may be named as the authorization server only if the document's
    `issuer` is that address too. With nginx in front of the provider:

        location = /.well-known/oauth-authorization-server {
          proxy_pass http://BACKEND/.well-known/openid-configuration;
        }

    Both have to be 200:

        for one in oauth-authorization-server openid-configuration; do
          curl -so /dev/null -w '%{http_code}\\n' \\
            https://YOUR-ISSUER/.well-known/$one
        done

    If the connection fails all the same, look for another cause, first for the members such a
    document often lacks: `registration_endpoint` and `code_challenge_methods_supported`.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, status_evidence, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import measured

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.ADVISORY)},
    confidence=Confidence.OBSERVED,
    reports=4,
    sources=(
        Source("claude.com/docs/connectors/building/troubleshooting", seen="2026-08"),
        Source("github.com/anthropics/claude-code/issues/95864", seen="2026-09-21"),
        Source("github.com/supabase/mcp/issues/374", seen="2026-08-22"),
        Source("github.com/modelcontextprotocol/typescript-sdk/issues/616", seen="2025-06"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    oauth = trace.last(Step.SERVER_METADATA, Purpose.RFC8414)
    found = used(trace, Step.SERVER_METADATA)
    if oauth is None or oauth.status != 404 or found is None:
        return
    if found.purpose in (Purpose.OIDC, Purpose.OIDC_APPENDED):
        yield status_evidence(oauth, f"200 at {oauth.request.url}")
        yield evidence(found, "response.status", f"200 at {found.request.url}")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.path.startswith("/.well-known/oauth-authorization-server"):
        return answer
    return Answer(404, (("Content-Type", "application/json"),), b'{"error":"not found"}')
