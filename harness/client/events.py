"""What the simulated client asks of its driver, and what it is told."""

from collections.abc import Generator
from dataclasses import dataclass

from harness.model.trace import Exchange, Headers, Note, Purpose, Step, Voice


@dataclass(frozen=True, kw_only=True)
class Send:
    """Send one request and come back with its exchange.

    `headers` are complete and in wire order, Host and Content-Length included.
    """

    step: Step
    purpose: Purpose
    voice: Voice
    method: str
    url: str
    headers: Headers
    body: bytes = b""
    timeout: float = 10.0
    """Seconds for the whole exchange."""
    awaited_id: str | int | None = None
    """Stop reading an event stream once it has carried the response with this JSON-RPC id."""
    head_only: bool = False
    """Come back as soon as the response's head is there (a stream that stays open)."""
    exploration: bool = False


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Have the user sign in at `url`; come back with the exchange that reached `redirect_uri`.

    None comes back when the sign-in did not get there; the notes then say why.
    """

    url: str
    redirect_uri: str
    exploration: bool = False


@dataclass(frozen=True)
class Wait:
    """Let this many seconds pass, as Claude does before it tries again."""

    seconds: float
    why: str


type Event = Send | Ask | Wait | Note
type Flow[T] = Generator[Event, Exchange | None, T]
"""A part of the client: yields events, is sent the exchange for each Send and Ask."""


def sent(send: Send) -> Flow[Exchange]:
    """Yield a Send and return its exchange."""
    exchange = yield send
    if exchange is None:
        raise AssertionError("the driver must answer a Send with an exchange")
    return exchange
