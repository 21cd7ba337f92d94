"""The notes and the two tools that the MCP endpoint offers, built on the official SDK."""

from collections.abc import Mapping

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server as ProtocolServer
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

LIST_NOTES = "list_notes"
ADD_NOTE = "add_note"
LONGEST = 2000
MANY = 100

TOOLS = (
    Tool(
        name=LIST_NOTES,
        title="List notes",
        description="Lists all notes, oldest first.",
        input_schema={"type": "object", "properties": {}, "additionalProperties": False},
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
    ),
    Tool(
        name=ADD_NOTE,
        title="Add a note",
        description="Adds a note.",
        input_schema={
            "type": "object",
            "properties": {"text": {"type": "string", "minLength": 1, "maxLength": LONGEST}},
            "required": ["text"],
            "additionalProperties": False,
        },
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, open_world_hint=False
        ),
    ),
)


def needed_scope(tool: object, write_scope: str) -> str | None:
    """The scope a tool needs beyond what the endpoint needs anyway."""
    return write_scope if tool == ADD_NOTE else None


def notes_server(write_scope: str) -> ProtocolServer[object]:
    """An MCP server with its own notes, for both protocol eras."""
    notes = ["Buy oat milk", "Call Grace about the compiler"]

    async def list_tools(
        _: ServerRequestContext[object], __: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=list(TOOLS))

    async def call_tool(
        context: ServerRequestContext[object], params: CallToolRequestParams
    ) -> CallToolResult:
        # The endpoint has answered 403 before this. Its reading of a body is not the SDK's, though,
        # so the tool does not rely on it.
        scope = needed_scope(params.name, write_scope)
        if scope is not None and scope not in _granted(context):
            raise MCPError(INVALID_REQUEST, f"the token lacks {scope}")
        match params.name:
            case "list_notes":
                return _text("\n".join(notes))
            case "add_note":
                return _add(notes, params.arguments or {})
            case _:
                raise MCPError(INVALID_PARAMS, f"Unknown tool: {params.name[:100]}")

    schemas: dict[str, Mapping[str, object]] = {tool.name: tool.input_schema for tool in TOOLS}
    return ProtocolServer(
        "reference-notes",
        title="Reference notes",
        version="1.0.0",
        instructions="Keeps short notes.",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        get_tool_input_schema=schemas.get,
    )


def _granted(context: ServerRequestContext[object]) -> list[str]:
    user = context.request.user if context.request is not None else None
    return user.scopes if isinstance(user, AuthenticatedUser) else []


def _add(notes: list[str], arguments: Mapping[str, object]) -> CallToolResult:
    text = arguments.get("text")
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST:
        return _text(f"text must have 1 to {LONGEST} characters", is_error=True)
    if len(notes) >= MANY:
        return _text(f"there is room for {MANY} notes only", is_error=True)
    notes.append(text)
    return _text(f"Added note {len(notes)}.")


def _text(text: str, *, is_error: bool = False) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=is_error)
