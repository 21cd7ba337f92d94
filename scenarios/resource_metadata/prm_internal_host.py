"""The metadata names a host that only exists inside.

What happens
    The server is reached by its public name, but an address it publishes points to `localhost`, a
    private address, or a bare service name such as `api`. Where that is `resource` or the
    authorization server, Claude throws the document away or looks in vain; where it is an endpoint,
    the sign-in ends there.

Why it breaks
    The application builds its addresses from the request it sees behind the proxy, or from a base
    URL of the development machine. There everything works, since `localhost` is the server itself.

Fix
    Configure the public base URL, and build every published address from it. FastMCP:
    `base_url="https://YOUR-HOST"`. With `mcp-handler` on Vercel the option is called `resourceUrl`
    in both places, and means the origin in one and the whole MCP URL in the other:

        withMcpAuth(handler, verifyToken, {
          required: true,
          resourceUrl: "https://YOUR-HOST",
        });
        protectedResourceHandler({
          authServerUrls: ["https://YOUR-ISSUER"],
          resourceUrl: "https://YOUR-HOST/mcp",
        });

    Where the framework takes the name from the request, hand on the public one (nginx), and have it
    trust the proxy:

        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-Host $host;
        proxy_set_header X-Forwarded-Proto $scheme;

    Nothing internal may be left here:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp | jq .
        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server | jq .
"""

from collections.abc import Iterator

from harness.diagnosis.browsing import is_internal
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    challenge_parameter,
    evidence,
    opening,
    refused,
    used,
)
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from harness.model.wellknown import host, is_http_url
from scenarios.bending import edited, is_resource_metadata
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=3,
    explains=(
        "resource-metadata.resource",
        "resource-metadata.server",
        "server-metadata.found",
        "server-metadata.json",
        "registration.accepted",
        "authorize.answers",
        "token.issued",
    ),
    sources=(
        Source("github.com/vercel/mcp-handler/issues/110", seen="2025-09-24"),
        Source("github.com/andrea-magni/MARS/issues/203", seen="2026-09-17"),
    ),
)

_RESOURCE = ("resource", "authorization_servers")
_SERVER = ("authorization_endpoint", "token_endpoint", "registration_endpoint")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    if not is_http_url(trace.target) or is_internal(host(trace.target)):
        return
    answer = opening(trace, Voice.BROKER)
    pointer = challenge_parameter(answer, "resource_metadata") or ""
    if answer is not None and is_http_url(pointer) and is_internal(host(pointer)):
        yield evidence(answer, "response.header.www-authenticate", pointer, "a public host")
    yield from _inside(refused(trace) or used(trace, Step.RESOURCE_METADATA), _RESOURCE)
    yield from _inside(used(trace, Step.SERVER_METADATA), _SERVER)


def _inside(exchange: Exchange | None, names: tuple[str, ...]) -> Iterator[Evidence]:
    """The members of a document that name an internal host."""
    document = exchange.json_object if exchange else None
    if exchange is None or document is None:
        return
    for name in names:
        value = document.get(name)
        # Of several authorization servers Claude looks at the first alone.
        first = value[0] if isinstance(value, list) and value else value
        if is_http_url(first) and is_internal(host(str(first))):
            yield evidence(exchange, f"response.body.{name}", first, "a public host")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_resource_metadata(asked) or answer.status != 200:
        return answer
    return edited(answer, lambda found: {**found, "resource": "https://localhost:3000/mcp"})
