"""JSON-RPC messages inside a response, plain or as an event stream."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from harness.model.trace import Exchange, Json, Response


@dataclass(frozen=True)
class RpcAnswer:
    """The response to one JSON-RPC request; exactly one of result and error is set."""

    result: dict[str, Json] | None = None
    error: dict[str, Json] | None = None

    @property
    def error_code(self) -> int | None:
        code = self.error.get("code") if self.error else None
        return code if isinstance(code, int) and not isinstance(code, bool) else None


def events(body: bytes) -> Iterator[str]:
    """The data of each complete event of an event stream (WHATWG HTML, server-sent events)."""
    text = body.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    for block in text.removeprefix("\ufeff").split("\n\n"):
        data = [
            line.partition(":")[2].removeprefix(" ")
            for line in block.split("\n")
            if line == "data" or line.startswith("data:")
        ]
        if data:
            yield "\n".join(data)


def messages(response: Response) -> Iterator[dict[str, Json]]:
    """Every JSON-RPC message a response carries, in order; unreadable ones are left out."""
    if response.media_type == "text/event-stream":
        for data in events(response.body):
            try:
                value = json.loads(data)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                yield value
        return
    value = response.json
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item


def answer_to(exchange: Exchange) -> RpcAnswer | None:
    """The answer to the request of an exchange, whatever id its client gave it."""
    asked = (exchange.request.json_object or {}).get("id")
    return answer(exchange.response, asked if isinstance(asked, str | int) else 0)


def answer(response: Response | None, request_id: str | int) -> RpcAnswer | None:
    """The answer to a request id, or None when the response holds none.

    An error with a null id counts: servers that refuse a request early cannot know its id.
    """
    if response is None:
        return None
    for message in messages(response):
        if message.get("jsonrpc") != "2.0":
            continue
        result, error = message.get("result"), message.get("error")
        if isinstance(error, dict) and message.get("id") in (request_id, None):
            return RpcAnswer(error=error)
        if isinstance(result, dict) and message.get("id") == request_id:
            return RpcAnswer(result=result)
    return None


def holds_answer(body: bytes, request_id: str | int) -> bool:
    """True when an event stream has already carried the answer to a request id."""
    head = Response(status=200, headers=(("content-type", "text/event-stream"),), body=body)
    return body.endswith((b"\n", b"\r")) and answer(head, request_id) is not None
