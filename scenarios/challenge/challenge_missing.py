"""The 401 has no WWW-Authenticate header.

What happens
    The MCP server answers a request without a token with a bare 401. Claude is not told where the
    resource metadata lies. It is documented to try the well-known addresses then, and this run went
    that way; several people report that Claude stopped here and said it could not reach the server.
    Claude Code goes to the well-known addresses.

Why it breaks
    Every 401 has to carry a challenge (RFC 9110 section 15.5.2), and a protected resource names its
    metadata there (RFC 9728 section 5.1). The header is often lost in between: an exception handler
    that builds a plain 401, a gateway that renames the header, a middleware that runs first.

Fix
    Send the header with every 401 of the MCP endpoint, with an absolute URL:

        WWW-Authenticate: Bearer resource_metadata=
          "https://YOUR-HOST/.well-known/oauth-protected-resource/mcp"

    Express with the TypeScript SDK: `requireBearerAuth` sends it, if it is told the address.
    `METADATA_URL` is the address above:

        app.use("/mcp", requireBearerAuth({
          verifier, resourceMetadataUrl: METADATA_URL }));

    FastAPI with a check of your own:

        raise HTTPException(401, headers={
            "WWW-Authenticate": f'Bearer resource_metadata="{METADATA_URL}"'})

    The Python SDK does it by itself once it has a token verifier and `resource_server_url`, FastMCP
    with an auth provider that knows its `base_url`. So does `withMcpAuth` of Vercel's `mcp-handler`
    with `required: true`.

    Look at it from outside, behind everything that stands in front:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i www-authenticate
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import REMAPPED_CHALLENGE, evidence, opening
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import measured, with_a_token

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.DEGRADES,
        Surface.CLAUDE_CODE: measured(Impact.ADVISORY),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.CONTESTED,
    reports=6,
    explains=("challenge.bearer",),
    sources=(
        Source("claude.com/docs/connectors/building/authentication", seen="2026-10-01"),
        Source("github.com/KeeperHub/keeperhub/issues/954", seen="2026-04-23"),
        Source("github.com/anthropics/claude-ai-mcp/issues/410", seen="2026-06-07"),
        Source("github.com/anthropics/claude-ai-mcp/issues/992", seen="2026-09-06"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer is None or answer.response is None or answer.status != 401:
        return
    # A gateway that renamed the header is another failure.
    renamed = answer.response.header(REMAPPED_CHALLENGE) is not None
    if not renamed and not answer.response.header_lines("www-authenticate"):
        yield evidence(
            answer,
            "response.header.www-authenticate",
            "(absent)",
            "Bearer with resource_metadata",
        )


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if answer.status != 401 or answer.header("www-authenticate") is None:
        return answer
    return answer.without_header("www-authenticate")
