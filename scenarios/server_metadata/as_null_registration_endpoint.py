"""A member of the metadata is null.

What happens
    The metadata has a member such as `"registration_endpoint": null`. This run takes it for one
    that is not there and goes on, and no report of a failing claude.ai was found. Claude Code reads
    the document strictly and stops with "expected string, received null", as it does for a null in
    the answer to a registration.

Why it breaks
    What a server does not have is left out of its metadata (RFC 8414 section 3.2 says so for empty
    lists; it does not speak of null). A serializer that writes every field of a class, set or not,
    produces nulls, and the MCP TypeScript SDK refuses a null where it expects a URL.

Fix
    Leave members without a value out of every JSON document:

        model.model_dump(exclude_none=True)             # pydantic
        response_model_exclude_none=True                # FastAPI route
        @JsonInclude(JsonInclude.Include.NON_NULL)      // Jackson
        JsonIgnoreCondition.WhenWritingNull             // System.Text.Json
        `json:"registration_endpoint,omitempty"`        // Go

    In System.Text.Json it is the value of `DefaultIgnoreCondition`. The same holds for the answer
    to a registration. This has to print nothing:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq -r 'to_entries[] | select(.value == null) | .key'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refused, used
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import edited, is_server_metadata
from scenarios.effects import measured

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    confidence=Confidence.OBSERVED,
    reports=2,
    explains=("resource-metadata.members", "server-metadata.members", "registration.accepted"),
    sources=(Source("github.com/anthropics/claude-code/issues/52565", seen="2026-04-23"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    resource = refused(trace) or used(trace, Step.RESOURCE_METADATA)
    for answer in (resource, used(trace, Step.SERVER_METADATA)):
        document = answer.json_object if answer else None
        if answer is None or document is None:
            continue
        for name, value in document.items():
            if value is None:
                yield evidence(answer, f"response.body.{name}", "null", "left out")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_server_metadata(asked) or answer.status != 200:
        return answer
    return edited(answer, lambda found: {**found, "registration_endpoint": None})
