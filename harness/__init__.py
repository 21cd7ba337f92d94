"""Plays Claude against a remote MCP server and says what broke, why, and what to change."""
