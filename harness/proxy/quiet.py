"""Keeping the logs of mitmproxy and its web server away from the terminal."""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

MOST_LINES = 200


class _Keep(logging.Handler):
    def __init__(self, lines: deque[str]) -> None:
        super().__init__(logging.WARNING)
        self._lines = lines
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.append(self.format(record))
        except Exception:
            self.handleError(record)


@contextmanager
def quiet_logging(name: str = "mitmproxy") -> Iterator[deque[str]]:
    """Hold a library's warnings in the yielded list instead of any other handler."""
    logger = logging.getLogger(name)
    before = logger.level, logger.propagate
    lines: deque[str] = deque(maxlen=MOST_LINES)
    keep = _Keep(lines)
    logger.addHandler(keep)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    try:
        yield lines
    finally:
        logger.removeHandler(keep)
        logger.level, logger.propagate = before
