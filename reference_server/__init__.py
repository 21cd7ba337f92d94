"""A correct OAuth-protected MCP server for Claude, small enough to read and easy to bend."""
