from typing import Any

import pytest
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolRequestParams

from reference_server.notes import needed_scope, notes_server


async def test_the_writing_tool_asks_for_its_scope_itself() -> None:
    entry = notes_server("notes:write").get_request_handler("tools/call")
    assert entry is not None
    nobody: Any = None
    context: ServerRequestContext[object] = ServerRequestContext(
        session=nobody, lifespan_context={}, protocol_version="2025-11-25", method="tools/call"
    )
    params = CallToolRequestParams(name="add_note", arguments={"text": "x"})
    with pytest.raises(MCPError, match="lacks notes:write"):
        await entry.handler(context, params)
    params = CallToolRequestParams(name="list_notes")
    assert "oat milk" in (await entry.handler(context, params)).content[0].text


@pytest.mark.parametrize("tool", ["list_notes", "ADD_NOTE", "", None, 7, ["add_note"]])
def test_only_the_writing_tool_needs_more(tool: object) -> None:
    assert needed_scope(tool, "w") is None
    assert needed_scope("add_note", "w") == "w"
