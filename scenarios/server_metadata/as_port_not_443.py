"""The authorization server has endpoints on a port other than 443.

What happens
    The sign-in page opens, because the user's browser reaches any port. The code comes back, and
    then Claude says that the authorization failed: its request to the token endpoint never arrives,
    not even as a packet. Or it fails at the registration already. Claude Code calls from the user's
    machine and reaches any port.

Why it breaks
    Registration, token and refresh go from Anthropic's servers to the authorization server, and not
    through the browser. Reporters with Keycloak and others on 8443 or 5001 saw nothing arrive, and
    for one of them moving everything to 443 was the whole repair. Whether ports are blocked at all
    is contested: staff of Anthropic said both, and a few logs show requests on other ports.

Fix
    Publish the authorization server on 443, under a name of its own or under a path, and change its
    idea of itself too. Keycloak (25 and later) behind a proxy that ends TLS on 443:

        KC_HOSTNAME=https://auth.example.com
        KC_PROXY_HEADERS=xforwarded
        KC_HTTP_ENABLED=true

        # nginx, in the server block that listens on 443
        location / {
          proxy_pass http://BACKEND:8080;
          proxy_set_header Host $host;
          proxy_set_header X-Forwarded-For $remote_addr;
          proxy_set_header X-Forwarded-Proto https;
        }

    No port may be left in any of these, and the issuer has to be the one in the resource metadata:

        curl -s https://YOUR-ISSUER/.well-known/openid-configuration \\
          | jq '.issuer, .token_endpoint, .registration_endpoint'
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.network import local_name, local_target
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, used
from harness.model.trace import Json, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import UrlError, origin, split
from scenarios.effects import measured

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.NONE)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.CONTESTED,
    reports=3,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/85", seen="2026-03-28"),
        Source("github.com/anthropics/claude-ai-mcp/issues/750", seen="2026-08-02"),
        Source("github.com/anthropics/claude-ai-mcp/issues/719", seen="2026-07-28"),
        Source("github.com/anthropics/claude-ai-mcp/issues/900", seen="2026-08-20"),
        Source("github.com/anthropics/claude-ai-mcp/issues/214", seen="2026-05-10"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = used(trace, Step.SERVER_METADATA)
    document = answer.json_object if answer else None
    if answer is None or document is None or local_target(trace):
        return
    for name in ("token_endpoint", "registration_endpoint", "issuer"):
        if _on_another_port(document.get(name), trace.target):
            yield evidence(answer, f"response.body.{name}", document[name], "port 443")


def _on_another_port(url: Json, target: str) -> bool:
    """False on the MCP server's own port: that is a failure of its own."""
    try:
        parts = split(url) if isinstance(url, str) else None
        if parts is None or parts.scheme != "https" or local_name(parts.hostname or ""):
            return False
        return parts.port not in (None, 443) and origin(parts.geturl()) != origin(target)
    except UrlError:
        return False


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"issuer": "https://auth.reference.test:8443"}
