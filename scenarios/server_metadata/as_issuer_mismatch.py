"""The authorization server's metadata names another issuer.

What happens
    The resource metadata sends Claude to one issuer; the document found there says it is another
    one. This run goes on, as claude.ai was seen to do with such servers. Anthropic's documentation
    calls a mismatch a cause of failure, and one report shows Claude Desktop stopping at it, so the
    evidence is divided. Claude Code goes on too; but it compares the `iss` of the callback with the
    document's issuer, and stops when those two differ.

Why it breaks
    The two must be equal character by character (RFC 8414 section 3.3), a closing slash, `www`, a
    path and a custom domain included; a client must not use the document otherwise. Tokens signed
    in the one name and checked for the other fail later as well.

Fix
    Take `issuer` from the metadata, and put exactly that into `authorization_servers` of the
    resource metadata:

        Better Auth   https://YOUR-HOST/api/auth      (base URL and basePath)
        Auth0         https://TENANT.auth0.com/       (with the slash)
        Entra ID      https://login.microsoftonline.com/TENANT-ID/v2.0
        Keycloak      https://YOUR-HOST/realms/REALM  (see --hostname)
        Supabase      https://PROJECT.supabase.co/auth/v1

    The documents of Entra's `common` address do not name that address as issuer, and a Supabase
    project behind a custom domain still names its own. In Python pass strings, not `AnyHttpUrl`
    objects, which add a slash to a bare host. These two have to print the same (a server that knows
    OAuth alone has its document under `oauth-authorization-server`):

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq -r '.authorization_servers[0]'
        curl -s https://YOUR-ISSUER/.well-known/openid-configuration \\
          | jq -r .issuer
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import edited, is_server_metadata
from scenarios.effects import measured

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: measured(Impact.ADVISORY)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.CONTESTED,
    reports=6,
    explains=("server-metadata.issuer",),
    sources=(
        Source("claude.com/docs/connectors/building/troubleshooting", seen="2026-08"),
        Source("github.com/appstrate/appstrate/issues/678", seen="2026-06-12"),
        Source("github.com/letehaha/budget-tracker/issues/551", seen="2026-09-01"),
        Source("github.com/agencyenterprise/draft-detective/issues/775", seen="2026-09-22"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = used(trace, Step.SERVER_METADATA)
    document = answer.json_object if answer else None
    expected = trace.decision(Step.SERVER_METADATA, "issuer")
    if answer is None or document is None or not isinstance(expected, str):
        return
    issuer = document.get("issuer", "(absent)")
    if issuer != expected:
        yield evidence(answer, "response.body.issuer", issuer, expected)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_server_metadata(asked) or answer.status != 200:
        return answer
    return edited(answer, lambda found: {**found, "issuer": f"{found['issuer']}/api/auth"})
