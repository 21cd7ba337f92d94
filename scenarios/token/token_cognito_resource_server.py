"""Cognito does not know the MCP URL as a resource server.

What happens
    Amazon Cognito issues a code and then answers the token request with a bare `invalid_grant`.
    The code is fresh and the verifier is right. What it does not know is the `resource` that
    Claude sends along.

Why it breaks
    Claude names the MCP URL as `resource` in both requests (RFC 8707). Cognito looks for a resource
    server of the user pool with exactly that identifier, and where there is none it refuses without
    saying why. That the missing entry is the reason was seen in traces, not confirmed by Amazon; in
    one report the same pool worked from Claude Code. Resource indicators belong to managed login on
    the Essentials and Plus plans.

Fix
    Create a resource server in the user pool whose identifier is the MCP URL as your resource
    metadata names it, character by character, and allow its scopes for the app client:

        aws cognito-idp create-resource-server --user-pool-id YOUR-POOL \\
          --identifier https://YOUR-HOST/mcp --name mcp \\
          --scopes ScopeName=read,ScopeDescription=read

    The scopes are then called `https://YOUR-HOST/mcp/read`: publish them under that name. Cognito
    registers no clients by itself either, so enter the id of an app client in Claude.

    Compare what you publish with what the pool knows:

        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq -r .resource
        aws cognito-idp list-resource-servers --user-pool-id YOUR-POOL \\
          --max-results 50 --query 'ResourceServers[].Identifier'

    The first line has to be one of the list.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.diagnosis.token_endpoint import code_answer, form, on_cognito, refused
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.bending import edited, is_grant, is_server_metadata, with_field

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.CONFIGURATION,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.NONE,
            Confidence.OBSERVED,
            Source("github.com/anthropics/claude-ai-mcp/issues/309", seen="2026-05-18"),
        ),
    },
    confidence=Confidence.OBSERVED,
    reports=2,
    explains=("token.issued",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/309", seen="2026-05-18"),
        Source("github.com/PrefectHQ/fastmcp/issues/2149", seen="2025-10-20"),
    ),
)

KEYS = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE/.well-known/jwks.json"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = code_answer(trace)
    if answer is None or not refused(answer, "invalid_grant"):
        return
    cognito, resource = on_cognito(trace, answer), form(answer).get("resource")
    if cognito is not None and resource:
        yield body_evidence(answer, "a token")
        yield evidence(answer, "request.body.resource", resource, f"a resource server of {cognito}")


@pattern.request
def request(asked: Asked) -> Asked:
    """To a pool without the entry, the MCP URL is as foreign as this one."""
    if not is_grant(asked, "authorization_code"):
        return asked
    return with_field(asked, "resource", "https://unknown.example/mcp")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if is_server_metadata(asked):
        return edited(answer, lambda found: {**found, "jwks_uri": KEYS})
    if is_grant(asked, "authorization_code"):
        return edited(
            answer, lambda found: {"error": "invalid_grant"} if "error" in found else found
        )
    return answer
