"""There is no way for Claude to get a client id.

What happens
    The authorization server's metadata names no `registration_endpoint` and does not say that it
    takes client metadata documents, and no client id was entered in Claude. Claude stops before the
    browser opens, and asks for an OAuth client id.

Why it breaks
    An authorization request needs a client id. Claude can bring its own (a client id metadata
    document), be given one by dynamic registration (RFC 7591), or use one that the user enters.
    Entra, Cognito and Google offer neither of the first two, and other providers switch
    registration off by default.

Fix
    One of three. Where you cannot change the provider: create a client there with the redirect URI
    `https://claude.ai/api/mcp/auth_callback`, and enter its id (and its secret, if it has one) in
    the connector's settings.

    Or switch dynamic registration on, and publish `registration_endpoint`.

    Or take client metadata documents, and publish both of these:

        "client_id_metadata_document_supported": true,
        "token_endpoint_auth_methods_supported": ["none"]
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, stopped_at, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_server_metadata, without

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: Impact.BREAKS},
    claude_shows=Shows.REGISTRATION_UNSUPPORTED,
    confidence=Confidence.DOCUMENTED,
    explains=("registration.way",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/269", seen="2026-05-11"),
        Source("github.com/anthropics/claude-ai-mcp/issues/350", seen="2026-05-27"),
        Source("github.com/anthropics/claude-ai-mcp/issues/393", seen="2026-06-07"),
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
        yield evidence(metadata, f"response.body.{ENDPOINT}", "(absent)", "an https URL")
        yield evidence(metadata, f"response.body.{FLAG}", document.get(FLAG, "(absent)"), "true")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return without(answer, ENDPOINT, FLAG) if is_server_metadata(asked) else answer
