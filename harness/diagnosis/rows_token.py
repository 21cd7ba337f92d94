"""Contract rows about what the token endpoint answers, at first and when refreshing."""

from harness.diagnosis.contract import Row

ROWS: tuple[Row, ...] = ()
