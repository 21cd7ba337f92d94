"""The authorization server refuses the resource parameter.

What happens
    The token endpoint answers `invalid_target`. Claude sends the MCP URL as `resource` with the
    authorization and the token request (RFC 8707); the authorization server does not know that
    resource. Where another company runs the authorization server, only its log shows this request.

Why it breaks
    The identity provider keeps a list of resources or audiences, and the MCP URL is not on it, or
    stands there in another spelling: another path, a trailing slash, another host.

Fix
    Register the exact MCP URL, as the resource metadata names it, as a resource (audience, API
    identifier, resource indicator) at the identity provider.
"""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.DOCUMENTED,
    explains=("token.issued",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/271", seen="2026-05-10"),
        Source("github.com/PrefectHQ/fastmcp/issues/3905", seen="2026-04-13"),
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
