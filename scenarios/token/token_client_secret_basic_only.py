"""The token endpoint takes the client secret only in a header, and Claude posts it.

What happens
    The authorization server answers `invalid_client`, although the secret is right. Its metadata
    lists `client_secret_basic` and not `client_secret_post`. Claude put the secret into the form.

Why it breaks
    For a client id and secret that the user entered, Claude always uses `client_secret_post`, and
    does not look at the list (one report, open as of 2026-09-22). For a client that it registered
    itself it takes the method from the registration's answer. Claude Code goes by the list and uses
    the header here. A server without `client_secret_post` is in its rights: only HTTP Basic is
    required of it for clients with a password (RFC 6749 section 2.3.1).

Fix
    Switch `client_secret_post` on for this client, or make it a public client with PKCE and leave
    the secret empty in Claude, where the provider allows it. Auth0: Applications, the application,
    Credentials, then Client Secret (Post).

    Where the provider has Basic alone, put a token endpoint of your own in front. FastMCP's OAuth
    proxy takes Claude's way on its side and speaks Basic to the provider:

        OAuthProxy(..., token_endpoint_auth_method="client_secret_basic")

    If clients register themselves, answer with the method that you take, and Claude uses it:

        "token_endpoint_auth_method": "client_secret_basic"

    To see that the secret is right, send it both ways; the first has to fail, the second to
    complain about the code only:

        curl -i -d client_id=ID -d client_secret=SECRET -d code=x \\
          -d grant_type=authorization_code https://YOUR-TOKEN-ENDPOINT
        curl -i -u ID:SECRET -d code=x \\
          -d grant_type=authorization_code https://YOUR-TOKEN-ENDPOINT

    When `client_secret_post` is on, both complain about the code.
"""

from collections.abc import Iterator
from typing import Any

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, used
from harness.diagnosis.token_endpoint import authentication, code_answer, published, refused
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import edited, is_server_metadata, with_field
from scenarios.effects import measured

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.NONE)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("token.issued",),
    # A list without `none` also keeps a metadata document from being used.
    also=("as-cimd-without-none",),
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/667", seen="2026-07-22"),),
)

LIST = "token_endpoint_auth_methods_supported"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer, methods = code_answer(trace), published(trace, LIST)
    if answer is None or not refused(answer, "invalid_client", "unauthorized_client"):
        return
    if not isinstance(methods, list) or "client_secret_post" in methods:
        return
    if "client_secret_basic" in methods and authentication(answer) == "client_secret_post":
        yield body_evidence(answer, "a token")
        metadata = used(trace, Step.SERVER_METADATA)
        if metadata is not None:
            yield evidence(metadata, f"response.body.{LIST}", methods, "client_secret_post")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """Without `none` in the list Claude registers, and is given the method it asks for."""

    def basic_only(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, LIST: ["client_secret_basic"]}

    return edited(answer, basic_only) if is_server_metadata(asked) else answer


@pattern.request
def request(asked: Asked) -> Asked:
    """The server does not look for a secret in the form: to it there is none."""
    if not asked.path.endswith("/oauth/token"):
        return asked
    return with_field(asked, "client_secret", None)
