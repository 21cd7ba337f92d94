"""The token is for another audience than the MCP server.

What happens
    The sign-in succeeds and a token is issued, but its `aud` claim does not name the MCP server,
    which refuses it with 401. Claude refreshes once, gets a token of the same kind, and gives up.
    The user reads that the integration rejected the credentials.

Why it breaks
    Claude asks for a token for the MCP URL (`resource`, RFC 8707), and the server has to take only
    tokens that were issued for it (RFC 9068 section 4). Many identity providers ignore `resource`
    and put something of their own into `aud`: Supabase writes `authenticated`, Keycloak nothing at
    all for clients that registered themselves, others the client id.

Fix
    `aud` has to hold the MCP URL exactly as `resource` in the metadata has it.

    Keycloak: create a client scope of type Default, add a mapper of type Audience to it, write the
    MCP URL into "Included Custom Audience" and switch "Add to access token" on. It has to be a
    default of the realm, because nobody edits a client that registers itself.

    Auth0: create an API whose identifier is the MCP URL, and switch on the Resource Parameter
    Compatibility Profile (Settings, Advanced).

    Where the provider cannot do it, let the MCP server accept the audience that is really issued:
    `authenticated` with Supabase, the application's client id with v2 tokens of Entra ID. Check
    what tells your own clients apart as well (`iss`, `client_id`): the audience keeps tokens for
    other services out.

    Look into a token, and try it. Anything but 401 means that it is accepted:

        jq -rR 'split(".")[1] | gsub("-";"+") | gsub("_";"/")
          | @base64d | fromjson | .aud' token.txt

        curl -s -o /dev/null -w '%{http_code}\\n' -X POST \\
          -H "Authorization: Bearer $(cat token.txt)" https://YOUR-HOST/mcp
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.bearer import issued, other_audience
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refusal_evidence
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.CREDENTIALS_REJECTED,
    confidence=Confidence.DOCUMENTED,
    reports=9,
    explains=("connect.accepted",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/299", seen="2026-05-19"),
        Source("github.com/supabase/auth/issues/2610", seen="2026-07-02"),
        Source("github.com/agentic-community/mcp-gateway-registry/issues/1117", seen="2026-05-24"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    found, called = issued(trace), trace.last(Step.CONNECT, Purpose.INITIALIZE)
    # Where a redirect has lost the token, its audience was never looked at.
    if called is None or called.status != 401 or not called.request.header("authorization"):
        return
    if found is not None and other_audience(trace):
        audience = found[1].claims.get("aud", "(absent)")
        yield evidence(found[0], "token.aud", audience, trace.target)
        yield from refusal_evidence(called)


@pattern.settings
def settings() -> Mapping[str, object]:
    return {"token_audience": "authenticated"}
