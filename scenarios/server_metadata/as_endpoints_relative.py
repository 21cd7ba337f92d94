"""The metadata has no absolute URL for an endpoint.

What happens
    `authorization_endpoint` or `token_endpoint` is a path such as `/authorize`, a bare host name,
    or missing. There is nowhere to send the browser or the code, so the connection ends before the
    sign-in page. A `registration_endpoint` of that kind counts as none. That follows from the
    specification; no report of it with Claude was found.

Why it breaks
    Each endpoint has to be a full URL (RFC 8414 section 2). A client may not complete a path
    itself: the endpoints may lie on another host than the metadata. The document was mostly written
    by hand, or its base URL was empty when the framework put the address together.

Fix
    Publish full https URLs, and fail at start-up when the base URL is not configured:

        "authorization_endpoint": "https://YOUR-ISSUER/authorize",
        "token_endpoint": "https://YOUR-ISSUER/token"

    The libraries build them from one URL that has to be complete: `issuerUrl` or `baseUrl` of the
    TypeScript SDK's `mcpAuthRouter`, `issuer_url` of the Python SDK's `AuthSettings`, `base_url` of
    a FastMCP provider. Every line has to begin with `https://`; the last may be `null`:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq -r '.authorization_endpoint, .token_endpoint,
                   .registration_endpoint'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from harness.model.wellknown import is_http_url
from scenarios.bending import edited, is_server_metadata
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.SPECIFICATION,
    reports=0,
    explains=("server-metadata.endpoints", "registration.way"),
    sources=(Source("www.rfc-editor.org/rfc/rfc8414#section-2", seen="2018-06"),),
)

_NEEDED = ("authorization_endpoint", "token_endpoint")
_OPTIONAL = "registration_endpoint"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = used(trace, Step.SERVER_METADATA)
    document = answer.json_object if answer else None
    if answer is None or document is None:
        return
    names = (*_NEEDED, _OPTIONAL) if document.get(_OPTIONAL) is not None else _NEEDED
    grants = document.get("grant_types_supported")
    no_code = isinstance(grants, list) and "authorization_code" not in grants
    for name in names:
        value = document.get(name, "(absent)")
        # A server without the code grant has no sign-in page to name, which is another failure.
        if no_code and name == "authorization_endpoint" and name not in document:
            continue
        if not is_http_url(value):
            yield evidence(answer, f"response.body.{name}", value, "an absolute https URL")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_server_metadata(asked) or answer.status != 200:
        return answer
    paths = {"authorization_endpoint": "/oauth/authorize", "token_endpoint": "/oauth/token"}
    return edited(answer, lambda found: {**found, **paths})
