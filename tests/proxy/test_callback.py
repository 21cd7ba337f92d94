"""The answers at Claude's redirect URI."""

import json

import pytest
from proxy_lab import Start, answers, ok, serve

from harness.proxy.callback import CLAUDE_CALLBACK, Callback, answer_callback, belongs_to_claude
from harness.proxy.route import Route


def test_code_and_state_give_a_page() -> None:
    answer = answer_callback("GET", "code=abc&state=xyz&iss=https%3A%2F%2Fas.example")
    assert answer.status == 200
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert b"You can close this tab" in answer.body
    assert b"abc" not in answer.body


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("code=abc", "state: Field required"),
        ("state=xyz", "code: Field required"),
        ("error=access_denied&state=xyz", "code: Field required"),
        ("", "code: Field required"),
    ],
)
def test_missing_parameters(query: str, message: str) -> None:
    answer = answer_callback("GET", query)
    assert answer.status == 422
    assert answer.header("content-type") == "application/json"
    assert json.loads(answer.body)["error"]["message"] == message


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD"])
def test_only_get_is_allowed(method: str) -> None:
    answer = answer_callback(method, "code=abc&state=xyz")
    assert answer.status == 405
    assert json.loads(answer.body) == {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "Method Not Allowed"},
    }


def test_a_query_of_too_many_fields_is_survived() -> None:
    assert answer_callback("GET", "&".join(["code=a"] * 500)).status == 422


@pytest.mark.parametrize(
    ("host", "belongs"),
    [
        ("claude.ai", True),
        ("CLAUDE.COM.", True),
        ("mcp.claude.ai", True),
        ("notclaude.ai", False),
        ("claude.ai.evil.example", False),
    ],
)
def test_hosts_of_claude(host: str, belongs: bool) -> None:
    assert belongs_to_claude(host) is belongs


def test_other_surfaces_have_other_redirect_uris() -> None:
    callback = Callback("http://localhost:3118/callback")
    found = callback.answer("GET", "http://localhost:3118/callback?code=1&state=2")
    assert found is not None
    assert found.status == 200
    assert callback.answer("GET", "http://localhost:3118/mcp") is None
    assert callback.answer("GET", "http://localhost:8000/callback") is None
    other = callback.answer("GET", f"{CLAUDE_CALLBACK}?code=1&state=2")
    assert other is not None
    assert other.status == 404


async def test_the_exchange_is_captured(proxied: Start) -> None:
    async with proxied(Route()) as proxy:
        got = await proxy.get(f"{CLAUDE_CALLBACK}?code=1&state=2")
        posted = await proxy.send("POST", CLAUDE_CALLBACK, data={"code": "1", "state": "2"})
    assert got.failure is None
    assert got.request.url == f"{CLAUDE_CALLBACK}?code=1&state=2"
    assert got.response is not None
    assert got.response.status == 200
    assert got.connection.host == "claude.ai"
    assert got.connection.addresses == ()
    assert posted.request.body == b"code=1&state=2"
    assert posted.response is not None
    assert posted.response.status == 405


async def test_the_redirect_uri_can_change_while_running(proxied: Start) -> None:
    async with serve(answers(ok(b"the server itself"))) as server:
        route = Route()
        route.allow(server.http)
        async with proxied(route, redirect_uri=f"{server.http}/callback") as proxy:
            got = await proxy.get(f"{server.http}/callback?code=1&state=2")
            proxy.engine.callback.redirect_uri = CLAUDE_CALLBACK
            other = await proxy.get(f"{server.http}/callback?code=1&state=2")
    assert got.response is not None
    assert b"close this tab" in got.response.body
    assert other.response is not None
    assert other.response.body == b"the server itself"
