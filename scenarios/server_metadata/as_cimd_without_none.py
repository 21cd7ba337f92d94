"""The offer of client metadata documents lacks the method `none`.

What happens
    The metadata says `client_id_metadata_document_supported`, and its
    `token_endpoint_auth_methods_supported` does not list `none`. Claude then registers dynamically
    without a word. Where registration is refused, the user reads that it failed; where there is
    none, that it is not supported. Claude Code goes by the flag alone.

Why it breaks
    A client that is known by its public document has no secret, so its authentication method is
    `none`, and Anthropic documents that Claude wants to see both. A missing list stands for
    `client_secret_basic` (RFC 8414 section 2), which has no `none` in it either.

Fix
    Publish both, and accept a token request with `client_id` and no secret from such clients:

        "client_id_metadata_document_supported": true,
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post"]

    Keep the methods your other clients use in the list. FastMCP's `OAuthProxy`, and the providers
    built on it, publish both by themselves (`enable_cimd`, on by default); releases of spring 2026
    left `none` out, so update. Cloudflare's `workers-oauth-provider` needs
    `clientIdMetadataDocumentEnabled: true` and the compatibility flag
    `global_fetch_strictly_public`.

    This has to print `true` and a list with `none` in it:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq '.client_id_metadata_document_supported,
                .token_endpoint_auth_methods_supported'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import edited, is_server_metadata, without
from scenarios.effects import measured

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: measured(Impact.NONE)},
    # It breaks by itself only where there is no registration to fall back to.
    claude_shows=Shows.REGISTRATION_UNSUPPORTED,
    confidence=Confidence.DOCUMENTED,
    reports=4,
    explains=("registration.way",),
    sources=(
        Source("claude.com/docs/connectors/building/authentication", seen="2026-08"),
        Source("github.com/home-assistant/core/issues/179326", seen="2026-08-16"),
        Source("github.com/dropseed/plain/issues/108", seen="2026-09-03"),
        Source("github.com/brendanlong/lion-reader/issues/1519", seen="2026-08-31"),
    ),
)

FLAG = "client_id_metadata_document_supported"
METHODS = "token_endpoint_auth_methods_supported"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = used(trace, Step.SERVER_METADATA)
    document = answer.json_object if answer else None
    # Where the user gave a client id, neither way is taken.
    if answer is None or document is None or trace.decision(Step.REGISTRATION, "way") == "given":
        return
    methods = document.get(METHODS)
    offered = isinstance(methods, list) and "none" in methods
    if document.get(FLAG) is True and not offered:
        yield evidence(answer, f"response.body.{FLAG}", "true")
        found = ", ".join(map(str, methods)) if isinstance(methods, list) else methods
        yield evidence(
            answer, f"response.body.{METHODS}", found or "(absent)", "`none` in the list"
        )


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A server that counts on metadata documents and registers nobody."""
    if not is_server_metadata(asked):
        return answer
    secret = edited(answer, lambda found: {**found, METHODS: ["client_secret_post"]})
    return without(secret, "registration_endpoint")
