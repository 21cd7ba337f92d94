"""Contract rows about the way to the server: names, TLS, edges, redirects, encodings."""

from harness.diagnosis.contract import Row

ROWS: tuple[Row, ...] = ()
