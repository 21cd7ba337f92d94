"""The authorization server offers client credentials and no sign-in.

What happens
    The authorization server's metadata names no `authorization_endpoint`, or lists
    `client_credentials` among its grants without `authorization_code`. Claude has no page to send
    the user to, and no token is ever asked for.

Why it breaks
    Claude connects on behalf of a user: by authorization code with PKCE. Access from machine to
    machine is not supported for connectors, and there is no place to configure it; a client id and
    a secret entered in Claude are used for the code flow as well.

Fix
    Add the code flow: an authorization endpoint with a sign-in page, and a token endpoint that
    takes `authorization_code` with `code_verifier`, and `refresh_token`. Then publish it (RFC 8414
    section 2):

        "authorization_endpoint": "https://YOUR-ISSUER/authorize",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"]

    At an identity provider the client has to be of the kind that signs users in (a web application
    with the code grant), not a machine-to-machine or service client. If there are no users behind
    your server, let the sign-in page ask for the one credential there is, an API key for instance,
    and issue tokens for its holder.

    Claude Code and the Messages API can do without: both send a token of yours as it is.

        claude mcp add --transport http NAME https://YOUR-HOST/mcp \\
          --header "Authorization: Bearer TOKEN"

    This has to print a URL, and a list with `authorization_code`:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq '.authorization_endpoint, .grant_types_supported'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, stopped_at, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import edited, is_server_metadata
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.DOCUMENTED,
    reports=3,
    explains=("server-metadata.endpoints", "authorize.answers"),
    sources=(
        Source("claude.com/docs/connectors/building/authentication", seen="2026-10-01"),
        Source("github.com/anthropics/claude-ai-mcp/issues/590", seen="2026-07-10"),
        Source("github.com/anthropics/claude-ai-mcp/issues/7", seen="2025-12-29"),
    ),
)

GRANTS, ENDPOINT = "grant_types_supported", "authorization_endpoint"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    metadata = used(trace, Step.SERVER_METADATA)
    document = metadata.json_object if metadata else None
    grants = document.get(GRANTS) if document else None
    if metadata is None or document is None or not isinstance(grants, list):
        return
    # A list that leaves the code grant out harms nobody where the endpoint answers.
    absent = document.get(ENDPOINT) is None
    useless = absent or stopped_at(trace, Step.AUTHORIZE)
    if "client_credentials" in grants and "authorization_code" not in grants and useless:
        listed = ", ".join(map(str, grants))
        yield evidence(metadata, f"response.body.{GRANTS}", listed, "authorization_code")
        if absent:
            yield evidence(metadata, f"response.body.{ENDPOINT}", "(absent)", "a sign-in page")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_server_metadata(asked) or answer.status != 200:
        return answer
    return edited(
        answer,
        lambda found: {
            **{name: found[name] for name in found if name != ENDPOINT},
            GRANTS: ["client_credentials"],
        },
    )
