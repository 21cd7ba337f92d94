"""A member of the metadata is null.

What happens
    The metadata has a member such as `"registration_endpoint": null`. claude.ai takes it for one
    that is not there and goes on. Claude Code reads the document strictly and stops with "expected
    string, received null".

Why it breaks
    What a server does not have is left out of its metadata (RFC 8414 section 3.2 says so for empty
    lists). A serializer that writes every field of a class, set or not, produces nulls.

Fix
    Leave members without a value out:

        model.model_dump(exclude_none=True)                  # pydantic
        @JsonInclude(JsonInclude.Include.NON_NULL)           // Jackson
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull   // System.Text.Json
        `json:"registration_endpoint,omitempty"`             // Go

    The same holds for the answer to a registration. This has to print nothing:

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

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: Impact.BREAKS},
    confidence=Confidence.OBSERVED,
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
