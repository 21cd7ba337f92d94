"""There is no way for Claude to get a client id.

What happens
    The authorization server's metadata names no `registration_endpoint` and does not say that it
    takes client metadata documents, and no client id was entered in Claude. Claude stops before the
    browser opens, and asks for an OAuth client id. Claude Code says "Incompatible auth server: does
    not support dynamic client registration".

Why it breaks
    An authorization request needs a client id. Claude can bring its own (a client id metadata
    document), be given one by dynamic registration (RFC 7591), or use one that the user enters.
    Entra and Google offer neither of the first two, and most other providers switch registration
    off by default.

Fix
    Give Claude one of the three. Where you cannot change the provider, create a client there with
    the redirect URI `https://claude.ai/api/mcp/auth_callback`, and enter its id (and its secret, if
    it has one) in the connector's settings. In Entra the redirect URI belongs under the platform
    Web, not under Single-page application. For Claude Code register a loopback address with a fixed
    port, `http://localhost:8080/callback`, and name both:

        claude mcp add --transport http --client-id ID --client-secret \\
          --callback-port 8080 NAME https://YOUR-HOST/mcp

    `--client-secret` asks for the secret; leave it out for a client that has none.

    Or switch dynamic registration on, so that `registration_endpoint` is published. Amazon Cognito
    has it in the plans Essentials and Plus (take open registration); for Auth0, Clerk, WorkOS and
    Supabase see dcr-disabled-at-idp.

    Or take client metadata documents, and publish both of these:

        "client_id_metadata_document_supported": true,
        "token_endpoint_auth_methods_supported": ["none"]

    One of the two ways has to show here (or in `/.well-known/openid-configuration`):

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq '{registration_endpoint,
                 client_id_metadata_document_supported,
                 token_endpoint_auth_methods_supported}'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, stopped_at, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_server_metadata, without
from scenarios.effects import measured

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.REGISTRATION_UNSUPPORTED,
    confidence=Confidence.DOCUMENTED,
    reports=7,
    explains=("registration.way",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/393", seen="2026-06-07"),
        Source("github.com/anthropics/claude-ai-mcp/issues/350", seen="2026-05-27"),
        Source("github.com/anthropics/claude-ai-mcp/issues/269", seen="2026-05-11"),
    ),
)

ENDPOINT = "registration_endpoint"
FLAG = "client_id_metadata_document_supported"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    metadata = used(trace, Step.SERVER_METADATA)
    document = metadata.json_object if metadata else None
    if metadata is None or document is None or not stopped_at(trace, Step.REGISTRATION):
        return
    # With the flag set, what is missing is the method `none`: that is another failure.
    if document.get(ENDPOINT) is None and document.get(FLAG) is not True:
        found = "null" if ENDPOINT in document else "(absent)"
        yield evidence(metadata, f"response.body.{ENDPOINT}", found, "an https URL")
        yield evidence(metadata, f"response.body.{FLAG}", document.get(FLAG, "(absent)"), "true")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return without(answer, ENDPOINT, FLAG) if is_server_metadata(asked) else answer
