"""A tool's output schema is a choice (anyOf, oneOf) instead of an object.

What happens
    The tools are listed without an error, but a tool's `outputSchema` has `anyOf` or `oneOf` at its
    top and no `"type": "object"`. One report: with an MCP Apps tool among them, Claude stays at
    "Checking connection..." and all tools of the connector vanish.

Why it breaks
    Up to MCP 2025-11-25 the structured result of a tool is an object, and the root of its schema
    has to say so (tools, output schema). MCP 2026-07-28 allows any schema, but a client that spoke
    the older version may refuse the list for it. Schema generators make `anyOf` from a union:
    pydantic from `TypeAdapter(A | B)`, zod from `z.union`.

Fix
    Put the choice one level down, under a property, or leave `outputSchema` out:

        {"type": "object",
         "properties": {"result": {
           "anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]}},
         "required": ["result"]}

    `structuredContent` of the result has to follow: `{"result": ...}`. With zod, that is
    `z.object({ result: z.union([A, B]) })`.

    With the answer of `tools/list` in tools.json, this lists the suspects; it has to print nothing:

        jq -r '.result.tools[]
          | select(.outputSchema and .outputSchema.type != "object")
          | .name' tools.json
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.diagnosis.session import listed_tools
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import Members, edited_result, rpc_method
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.SESSION,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    confidence=Confidence.REPORTED,
    reports=1,
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/485", seen="2026-06-23"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    found = listed_tools(trace)
    if found is None:
        return
    for index, tool in enumerate(found[1]):
        schema = tool.get("outputSchema")
        choice = next((one for one in ("anyOf", "oneOf") if _has(schema, one)), None)
        if choice is not None:
            place = f"response.body.result.tools.{index}.outputSchema"
            yield evidence(found[0], place, f"{choice} in {tool.get('name')}", '"type": "object"')


def _has(schema: object, choice: str) -> bool:
    return isinstance(schema, dict) and choice in schema and schema.get("type") != "object"


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A tool that returns one of two models, and has a user interface."""
    if rpc_method(asked) != "tools/list":
        return answer
    either = {"type": "object", "properties": {"notes": {"type": "array"}}}
    other = {"type": "object", "properties": {"reason": {"type": "string"}}}

    def edit(result: Members) -> Members:
        first, *others = result.get("tools") or [{}]
        bent = {
            **first,
            "outputSchema": {"anyOf": [either, other]},
            "_meta": {"ui": {"resourceUri": "ui://notes/list.html"}},
        }
        return {**result, "tools": [bent, *others]}

    return edited_result(answer, edit)
