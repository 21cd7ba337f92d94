"""Exchanges as they were captured: on the wire, or by another program, not yet named."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.model.trace import Connection, Failure, Json, Request, Response, Timing


class CaptureError(Exception):
    """A file holds no exchanges that can be judged; the text is one sentence for the user."""


class LeftOut(StrEnum):
    """Why an entry of a capture plays no part, as a count of such entries is worded."""

    UNRELATED = "of other hosts, pages or files"
    MALFORMED = "malformed"
    WEBSOCKET = "WebSocket"
    NOT_HTTP = "not http or https"
    CANCELLED = "cancelled by the client"
    BODILESS = "without the body that would have to be read"
    TOO_MANY = "beyond those that are read"


@dataclass(frozen=True, kw_only=True)
class Captured:
    """One exchange as the proxy, or whoever wrote a file, saw it on the wire.

    A response and a failure can stand together: the body broke off, or was longer than we read.
    """

    request: Request
    response: Response | None
    failure: Failure | None
    connection: Connection | None
    timing: Timing
    started: float
    """Seconds since the epoch."""
    mark: Json = None
    """What an earlier run of ours wrote about it into a file of another format."""
    kind: str = ""
    """What a browser loaded it for, lower case: `document`, `image`, `xhr`; empty when unsaid."""
    client: str = ""
    """The address that the request came from."""
    id: str = ""
    """What the proxy knows it by, as long as it runs."""
    unseen: bool = False
    """True when the response had a body that is not in the file."""


@dataclass(frozen=True, kw_only=True)
class Capture:
    """The exchanges of a file that another program wrote, in the order they were sent."""

    form: str
    """What the file is, as in "imported from HAR"."""
    entries: tuple[Captured, ...]
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)
    head: Json = None
    """What an earlier run of ours wrote about the whole."""
