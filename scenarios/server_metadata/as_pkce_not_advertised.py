"""The metadata does not say that PKCE with S256 is supported.

What happens
    `code_challenge_methods_supported` is missing from the authorization server's metadata, or lists
    no `S256`. This run goes on and uses PKCE. Anthropic's documentation asks for the member, one
    report has claude.ai failing before the sign-in page until it was there, and Claude Code goes on
    without the member, but refuses a list that has no `S256`.

Why it breaks
    Without the member a client cannot know that its code is protected; MCP tells clients to refuse
    then (2025-11-25, authorization). The member is from RFC 8414 section 2 and no part of OpenID
    Connect Discovery, so some OpenID documents leave it out although PKCE works. Entra's v2.0
    document is one.

Fix
    Publish it, at a server of your own or in the provider's settings:

        "code_challenge_methods_supported": ["S256"]

    Where the provider cannot, serve a copy of its document with the member added, under an issuer
    of your own, and point `authorization_servers` there. For Entra ID, FastMCP's `AzureProvider`
    does so: it is an authorization server of its own towards Claude, with `S256` in its metadata,
    and signs users in at Entra:

        auth = AzureProvider(
            client_id="...", client_secret="...", tenant_id="...",
            required_scopes=["read"], base_url="https://YOUR-HOST",
        )

    It has to print a list with `S256`:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq .code_challenge_methods_supported
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_server_metadata, without
from scenarios.effects import measured

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: measured(Impact.ADVISORY)},
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("server-metadata.s256",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/786", seen="2026-08-06"),
        Source("claude.com/docs/connectors/building/authentication", seen="2026-08"),
        Source(
            "modelcontextprotocol.io/specification/2025-11-25/basic/authorization", "2025-11-25"
        ),
    ),
)

NAME = "code_challenge_methods_supported"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = used(trace, Step.SERVER_METADATA)
    document = answer.json_object if answer else None
    if answer is None or document is None:
        return
    methods = document.get(NAME)
    if not isinstance(methods, list) or "S256" not in methods:
        found = "(absent)" if NAME not in document else methods
        yield evidence(answer, f"response.body.{NAME}", found, "S256")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return without(answer, NAME) if is_server_metadata(asked) else answer
