"""Reading a request body whole, within a limit, and giving it to the application again."""

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

LIMIT = 4 * 1024 * 1024


class TooLargeError(Exception):
    """The body is larger than the limit."""


async def read_body(receive: Receive, limit: int = LIMIT) -> bytes:
    """The whole body; raises TooLargeError, or ClientDisconnect when the client has gone."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            raise TooLargeError
        if not message.get("more_body", False):
            return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the body once and then what really comes: the disconnect."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
