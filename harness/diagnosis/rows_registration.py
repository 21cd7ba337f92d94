"""Contract rows about what registration answers."""

from harness.diagnosis.contract import Row

ROWS: tuple[Row, ...] = ()
