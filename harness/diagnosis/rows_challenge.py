"""Contract rows about how the MCP endpoint answers without a token, and which MCP it speaks."""

from harness.diagnosis.contract import Row

ROWS: tuple[Row, ...] = ()
