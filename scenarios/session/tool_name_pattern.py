"""One tool has a name that Claude refuses, and that costs all tools.

What happens
    The server lists its tools, and one name holds a dot, a slash, a space or a brace, is empty, or
    is longer than 64 characters. Claude refuses the whole list or the whole conversation, with
    `FrontendRemoteMcpToolDefinition.name: String should match pattern`, or says that the
    conversation could not be found. The tools with good names are gone as well, though the settings
    of the connector still list them all.

Why it breaks
    Claude takes names of 1 to 64 ASCII letters, digits, hyphens and underscores. The MCP
    specification allows more: since 2025-11-25 dots too, and up to 128 characters. Claude Code puts
    `mcp__SERVER__` before the name, and was reported to fail for the same characters, with
    `tools.N.custom.name` and a limit of 128.

Fix
    Rename the tools: `notes.list` becomes `notes_list`. Where names are made from something else
    (OpenAPI paths, namespaces, names of other servers), clean them in one place, and mind that two
    must not become the same:

        re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64]                   # Python
        name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64)           // JS

    The readable name belongs into `title`. A proxy that puts servers together should join its
    prefix with an underscore, and count it.

    This lists what is wrong now; it has to print nothing:

        npx @modelcontextprotocol/inspector --cli https://YOUR-HOST/mcp \\
          --transport http --method tools/list \\
          --header 'Authorization: Bearer TOKEN' \\
          | jq -r '.tools[].name' | grep -vE '^[a-zA-Z0-9_-]{1,64}$'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.diagnosis.session import TOOL_NAME, bad_tool_names, listed_tools
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.calls import Members, edited_result, rpc_method

pattern = Pattern(
    step=Step.SESSION,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.BREAKS,
            Confidence.REPORTED,
            Source("github.com/microsoft/wassette/issues/56", seen="2025-08-03"),
        ),
    },
    confidence=Confidence.REPORTED,
    reports=11,
    explains=("session.tool-names",),
    sources=(
        Source("github.com/evoila/meho/issues/2745", seen="2026-08-02"),
        Source("github.com/anthropics/claude-code/issues/57813", seen="2026-05-10"),
        Source("github.com/anthropics/claude-code/issues/76775", seen="2026-07-11"),
        Source("github.com/microsoft/wassette/issues/56", seen="2025-08-03"),
        Source("github.com/modelcontextprotocol/modelcontextprotocol/issues/1063", seen="2025-07"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    found = listed_tools(trace)
    if found is None:
        return
    for place, name in bad_tool_names(found[1]):
        yield evidence(found[0], place, name, TOOL_NAME.pattern)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The first tool has its namespace in front, with a dot."""

    def edit(result: Members) -> Members:
        first, *others = result.get("tools") or [{}]
        return {**result, "tools": [{**first, "name": f"notes.{first.get('name')}"}, *others]}

    return edited_result(answer, edit) if rpc_method(asked) == "tools/list" else answer
