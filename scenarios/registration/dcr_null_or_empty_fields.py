"""The registration answer holds empty members: null or an empty string.

What happens
    The client is registered, and the answer repeats members nobody set, as `null` or `""`. Claude
    Code, and others that check the answer against a schema, refuse it: "Invalid url" or "expected
    string, received null". No report shows that claude.ai on the web minds. One report of December
    2025 names Claude Desktop beside Claude Code.

Why it breaks
    RFC 7591 section 3.2.1 wants the metadata that was registered in the answer. A member that was
    not registered is left out; an empty string is no URL and `null` no string. Ory Hydra sends
    them, and so does every serializer that writes out empty fields. Claude Code lets an empty
    `logo_uri` pass, an empty `client_uri` not.

Fix
    Leave empty members out. In Go `json:"client_uri,omitempty"`, in Pydantic
    `model_dump(exclude_none=True)`, in FastAPI `response_model_exclude_none=True`, in Jackson
    `@JsonInclude(JsonInclude.Include.NON_EMPTY)`. In front of Ory Hydra let the proxy do it:

        const kept = Object.entries(body)
          .filter(([, value]) => value !== null && value !== "");
        res.status(201).json(Object.fromEntries(kept));

    `client_id_issued_at` has to be a number: as a string it is refused too. This has to print `[]`:

        curl -s https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'Content-Type: application/json' \\
          -d '{"redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}' \\
          | jq -c 'to_entries | map(select(.value == null or .value == ""))'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Json, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import edited
from scenarios.effects import measured
from scenarios.registrations import attempts, client_of, registers

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    explains=("registration.accepted",),
    confidence=Confidence.REPORTED,
    reports=3,
    sources=(
        Source("github.com/anthropics/claude-code/issues/13685", seen="2025-12-11"),
        Source("github.com/anthropics/claude-code/issues/52565", seen="2026-04-23"),
        Source("github.com/buildswithpaul/Frappe_Assistant_Core/issues/65", seen="2025-11"),
    ),
)

NULLS = ("client_uri", "logo_uri", "tos_uri", "policy_uri", "software_id", "client_secret")
URLS = ("client_uri", "tos_uri", "policy_uri")
"""An empty `logo_uri` is let through."""


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for answer in attempts(trace):
        if client_of(answer) is not None:
            document = answer.json_object or {}
            for name in NULLS:
                if name in document and _empty(name, document[name]):
                    found = "null" if document[name] is None else '""'
                    yield evidence(answer, f"response.body.{name}", found, "left out")
            issued = document.get("client_id_issued_at")
            if isinstance(issued, str):
                yield evidence(
                    answer, "response.body.client_id_issued_at", f'"{issued}"', "a number"
                )


def _empty(name: str, value: Json) -> bool:
    return value is None or (value == "" and name in URLS)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """Ory Hydra's answer to a client that set neither."""
    if (metadata := registers(asked, answer)) is not None:
        return metadata
    if not asked.path.endswith("/register") or answer.status != 201:
        return answer
    return edited(answer, lambda found: {**found, "client_uri": "", "policy_uri": None})
