"""The authorization server refuses the resource parameter.

What happens
    The token endpoint answers `invalid_target`. Claude sends the MCP URL as `resource` with the
    authorization and the token request (RFC 8707); the authorization server does not know that
    resource. Where another company runs the authorization server, only its log shows this request,
    and the operator of the MCP server believes that none was ever sent.

Why it breaks
    The identity provider keeps a list of resources or audiences, and the MCP URL is not on it, or
    stands there in another spelling: another path, a trailing slash, another host. A server at the
    root of its host is named with the slash: `https://YOUR-HOST/`.

Fix
    Register the exact MCP URL, as the resource metadata names it, as a resource (audience, API
    identifier, resource indicator) at the identity provider.

    WorkOS AuthKit: add it to the MCP resource indicators of the environment. FastMCP's
    `AuthKitProvider` writes the string to paste into its log when it starts. The list by API:

        curl -s https://api.workos.com/user_management/authkit_oauth_resources \\
          -H 'Authorization: Bearer API-KEY' | jq -r '.data[].uri'

    Keycloak refuses only with the experimental feature `resource-indicators`: the client that
    stands for the MCP server then needs the attribute `resource_url` with this URL, and has to be
    in the token's audience already. Without the feature Keycloak takes no notice of `resource`.

    What Claude sends is the `resource` of your metadata:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq -r .resource

    What it prints has to be in the provider's list, character by character.
"""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.DOCUMENTED,
    reports=3,
    explains=("token.issued",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/271", seen="2026-05-10"),
        Source("github.com/PrefectHQ/fastmcp/issues/3905", seen="2026-04-13"),
        Source("github.com/l10178/idaas-book/issues/243", seen="2026-09-21"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.TOKEN, Purpose.TOKEN)
    document = answer.json_object if answer else None
    if answer is None or document is None or document.get("error") != "invalid_target":
        return
    yield evidence(answer, "response.body.error", "invalid_target", "a token")
    resource = dict(parse_qsl(answer.request.text)).get("resource")
    if resource is not None:
        yield evidence(answer, "request.body.resource", resource)


@pattern.request
def request(asked: Asked) -> Asked:
    """The provider knows the resource under another path: the one Claude sends is foreign to it."""
    if not asked.path.endswith("/token"):
        return asked
    fields = parse_qsl(asked.body.decode())
    bent = [(name, value + "/v2" if name == "resource" else value) for name, value in fields]
    return replace(asked, body=urlencode(bent).encode())
