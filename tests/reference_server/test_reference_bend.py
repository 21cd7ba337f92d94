import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from plain_client import same_json
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from harness.model.answer import Answer, Asked
from reference_server.bend import asked_of, bend
from reference_server.bodies import LIMIT
from reference_server.settings import Settings

MCP = "https://mcp.reference.test"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with what it heard."""
    request = Request(scope, receive)
    body = await request.body()
    heard = {
        "method": request.method,
        "path": request.url.path,
        "query": request.url.query,
        "headers": dict(request.headers),
        "body": body.decode(),
    }
    headers = {"X-One": "1", "Content-Type": "application/json"}
    await Response(json.dumps(heard), 200, headers)(scope, receive, send)


def client(app: Any = echo, **bends: Any) -> httpx.AsyncClient:
    bent = bend(app, Settings(), **bends)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=bent))


def keep(asked: Asked, answer: Answer) -> Answer:
    return answer


async def test_the_request_arrives_under_its_public_url() -> None:
    seen: list[Asked] = []

    def look(asked: Asked, answer: Answer) -> Answer:
        seen.append(asked)
        return answer

    async with client(bend_answer=look) as http:
        await http.post(f"{MCP}/a%20b?x=%2F&y", content=b"body", headers={"X-Two": "2"})
    (asked,) = seen
    assert asked.method == "POST"
    assert asked.url == f"{MCP}/a%20b?x=%2F&y"
    assert asked.path == "/a%20b"
    assert asked.header("x-two") == "2"
    assert asked.body == b"body"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        (b"mcp.reference.test", "https://mcp.reference.test/p"),
        (b"MCP.reference.test", "https://MCP.reference.test/p"),
        (b"127.0.0.1:1", "http://127.0.0.1:1/p"),
    ],
)
def test_the_scheme_of_a_known_host_is_the_public_one(host: bytes, url: str) -> None:
    scope = {
        "method": "GET",
        "scheme": "http",
        "raw_path": b"/p",
        "query_string": b"",
        "headers": [(b"host", host)],
    }
    assert asked_of(scope, b"", Settings()).url == url


async def test_every_part_of_a_request_can_be_bent() -> None:
    def bend_request(asked: Asked) -> Asked:
        return Asked("PUT", "https://other.test/x%2Fy?q=1", (("X-Three", "3"),), b"longer body")

    async with client(bend_request=bend_request) as http:
        heard = same_json(await http.post(f"{MCP}/mcp", content=b"short"))
    assert (heard["method"], heard["path"], heard["query"]) == ("PUT", "/x/y", "q=1")
    assert heard["headers"] == {"x-three": "3", "host": "other.test", "content-length": "11"}
    assert heard["body"] == "longer body"


async def test_an_answer_bends_to_the_request_as_it_arrived() -> None:
    def bend_request(asked: Asked) -> Asked:
        return replace(asked, url=f"{MCP}/elsewhere")

    def bend_answer(asked: Asked, answer: Answer) -> Answer:
        return replace(answer, body=f"{asked.path} {answer.header('x-one')}".encode())

    async with client(bend_request=bend_request, bend_answer=bend_answer) as http:
        response = await http.get(f"{MCP}/here")
    assert response.text == "/here 1"
    assert response.headers["content-length"] == "7"


async def test_status_and_headers_of_an_answer_can_be_bent() -> None:
    def bend_answer(asked: Asked, answer: Answer) -> Answer:
        return replace(answer, status=503).without_header("x-one").with_header("Ü-Name", "€")

    async with client(bend_answer=bend_answer) as http:
        response = await http.get(f"{MCP}/")
    assert response.status_code == 503
    assert "x-one" not in response.headers
    assert (("Ü-Name".encode("latin-1").lower(), "€".encode())) in [
        (name.lower(), value) for name, value in response.headers.raw
    ]


async def test_repeated_headers_survive() -> None:
    async def cookies(scope: Scope, receive: Receive, send: Send) -> None:
        response = Response()
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        await response(scope, receive, send)

    async with client(cookies, bend_answer=keep) as http:
        response = await http.get(f"{MCP}/")
    assert len(response.headers.get_list("set-cookie")) == 2


@pytest.mark.parametrize(("method", "status"), [("GET", 204), ("GET", 304), ("HEAD", 200)])
async def test_an_answer_that_may_have_no_body_has_none(method: str, status: int) -> None:
    async with client(bend_answer=lambda _, answer: replace(answer, status=status)) as http:
        response = await http.request(method, f"{MCP}/")
    assert response.content == b""
    assert ("content-length" in response.headers) == (method == "HEAD")


async def test_a_huge_request_is_refused() -> None:
    async with client(bend_answer=keep) as http:
        response = await http.post(f"{MCP}/", content=b"x" * (LIMIT + 1))
    assert response.status_code == 413


class Stream:
    """An endless event stream, and the messages that have come out of its bend so far."""

    def __init__(self, bend_answer: Callable[[Asked, Answer], Answer], method: str = "GET") -> None:
        self.sent: list[dict[str, Any]] = []
        self.gone = asyncio.Event()
        self.first = asyncio.Event()
        self.ended = False
        self.scope: Scope = {
            "type": "http",
            "method": method,
            "scheme": "https",
            "path": "/mcp",
            "raw_path": b"/mcp",
            "query_string": b"",
            "headers": [(b"host", b"mcp.reference.test")],
        }
        self.app = bend(self._events, Settings(), bend_answer=bend_answer)
        self._asked = False

    async def _events(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def events():
            yield b"data: 1\n\n"
            await asyncio.Event().wait()

        try:
            await StreamingResponse(events(), media_type="text/event-stream")(scope, receive, send)
        finally:
            self.ended = True

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        if message["type"] == "http.response.body":
            self.first.set()

    async def run(self) -> None:
        await asyncio.wait_for(self.app(self.scope, self.receive, self.send), 5)


async def test_an_event_stream_that_answers_a_get_streams_under_a_bent_head() -> None:
    stream = Stream(lambda _, answer: answer.with_header("x-bent", "1"))
    running = asyncio.create_task(stream.run())
    await asyncio.wait_for(stream.first.wait(), 5)
    assert stream.sent[0]["status"] == 200
    assert (b"x-bent", b"1") in stream.sent[0]["headers"]
    assert stream.sent[1]["body"] == b"data: 1\n\n"
    assert not stream.ended
    stream.gone.set()
    await running
    assert stream.ended


async def test_another_answer_ends_the_event_stream() -> None:
    stream = Stream(lambda _, __: Answer(405, (("content-type", "text/plain"),), b"no"))
    await stream.run()
    assert stream.ended
    assert [message.get("status") for message in stream.sent] == [405, None]
    assert stream.sent[1]["body"] == b"no"


async def test_an_answer_to_a_post_is_bent_whole() -> None:
    async def one_event(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"data: 1\n\n", media_type="text/event-stream")(scope, receive, send)

    def bend_answer(asked: Asked, answer: Answer) -> Answer:
        return replace(answer, body=answer.body.replace(b"1", b"2"))

    async with client(one_event, bend_answer=bend_answer) as http:
        response = await http.post(f"{MCP}/mcp")
    assert response.content == b"data: 2\n\n"
