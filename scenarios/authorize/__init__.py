"""The authorization request: what the server makes of Claude's parameters."""
