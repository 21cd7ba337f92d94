"""What the proxy hands back for one exchange."""

from dataclasses import dataclass

from harness.model.trace import Connection, Failure, Request, Response, Timing


@dataclass(frozen=True, kw_only=True)
class Captured:
    """One exchange as the proxy saw it on the wire.

    A response and a failure can stand together: the body broke off, or was longer than we read.
    """

    request: Request
    response: Response | None
    failure: Failure | None
    connection: Connection
    timing: Timing
    started: float
    """Seconds since the epoch."""
