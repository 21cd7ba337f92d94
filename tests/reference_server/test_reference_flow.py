"""The whole way over TLS, from the challenge to the end of a session, as Claude goes it."""

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from plain_client import (
    ACCEPT,
    CALLBACK,
    CLAUDE,
    LoopbackTransport,
    PlainClient,
    claims_of,
    same_json,
)

from harness.model.answer import Answer, Asked
from reference_server.serve import Running, running
from reference_server.settings import Settings

MCP = "https://mcp.reference.test/mcp"
INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "Anthropic", "version": "1.0.0"},
}


def connected(server: Running) -> httpx.AsyncClient:
    trust = ssl.create_default_context(cadata=server.ca_pem.decode())
    return httpx.AsyncClient(transport=LoopbackTransport(server.port, verify=trust), timeout=10)


@pytest.fixture
async def client() -> AsyncIterator[PlainClient]:
    async with running() as server, connected(server) as http:
        yield PlainClient(http, server.settings)


def rpc_of(response: httpx.Response) -> dict[str, Any]:
    """The one JSON-RPC message of an answer, as JSON or as a stream of one event."""
    if response.headers["content-type"] == "text/event-stream":
        (data,) = re.findall(r"^data: (.+?)\r?$", response.text, re.MULTILINE)
        return json.loads(data)
    return same_json(response)


def parameters(response: httpx.Response) -> dict[str, str]:
    scheme, _, rest = response.headers["www-authenticate"].partition(" ")
    assert scheme == "Bearer"
    return dict(re.findall(r'([a-z_]+)="([^"]*)"', rest))


async def test_from_the_challenge_to_the_tools(client: PlainClient) -> None:
    challenge = await client.rpc(None, "initialize", INITIALIZE)
    assert challenge.status_code == 401
    pointer = parameters(challenge)["resource_metadata"]
    resource = same_json(await client.http.get(pointer))
    assert resource["resource"] == MCP
    (issuer,) = resource["authorization_servers"]
    await client.discover()
    assert client.metadata["issuer"] == issuer
    assert "offline_access" in client.metadata["scopes_supported"]
    tokens = await client.tokens(scope=parameters(challenge)["scope"] + " offline_access")
    discovered = rpc_of(await client.modern(tokens["access_token"], "server/discover"))
    assert discovered["result"]["supportedVersions"] == ["2026-07-28"]
    again = same_json(await client.refresh(tokens["refresh_token"]))
    listed = rpc_of(await client.modern(again["access_token"], "tools/list"))
    tools = {tool["name"]: tool["annotations"] for tool in listed["result"]["tools"]}
    assert tools["list_notes"]["readOnlyHint"] is True
    assert tools["add_note"]["destructiveHint"] is False


async def test_the_token_verifies_with_the_published_keys(client: PlainClient) -> None:
    token = (await client.tokens())["access_token"]
    published = same_json(await client.http.get(client.metadata["jwks_uri"]))
    decoded = jwt.decode(token, KeySet.import_key_set(published), algorithms=["ES256"])
    assert decoded.header["typ"] == "at+jwt"
    assert decoded.header["kid"] == published["keys"][0]["kid"]
    assert decoded.claims["aud"] == MCP
    assert decoded.claims["iss"] == client.metadata["issuer"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("header", [None, "Basic abc", "Bearer"])
async def test_without_a_token_there_is_a_challenge_without_an_error(
    method: str, header: str | None, client: PlainClient
) -> None:
    headers = {"Authorization": header} if header else {}
    response = await client.http.request(method, MCP, headers=headers)
    assert response.status_code == 401
    assert parameters(response).keys() == {"resource_metadata", "scope"}


async def test_authorization_comes_before_everything_else(client: PlainClient) -> None:
    headers = {"MCP-Protocol-Version": "1900-01-01", "Content-Type": "text/plain"}
    response = await client.http.post(MCP, content=b"{", headers=headers)
    assert response.status_code == 401


async def test_a_token_in_the_query_is_none(client: PlainClient) -> None:
    token = (await client.tokens())["access_token"]
    response = await client.http.post(MCP, params={"access_token": token}, json={})
    assert response.status_code == 401


async def test_a_bad_token_is_an_invalid_token(client: PlainClient) -> None:
    token = (await client.tokens())["access_token"]
    for bad in ("x", token[:-4] + "AAAA", token.rpartition(".")[0] + "."):
        response = await client.modern(bad, "tools/list")
        assert response.status_code == 401
        assert parameters(response)["error"] == "invalid_token"


async def test_a_token_for_another_audience_is_refused() -> None:
    other = Settings(token_audience="https://other.reference.test")
    async with running(other) as server, connected(server) as http:
        client = PlainClient(http, server.settings)
        token = (await client.tokens())["access_token"]
        assert claims_of(token)["aud"] == "https://other.reference.test"
        response = await client.modern(token, "tools/list")
    assert response.status_code == 401
    assert "another resource" in parameters(response)["error_description"]


async def test_a_reused_refresh_token_ends_the_access_tokens(client: PlainClient) -> None:
    first = await client.tokens()
    second = same_json(await client.refresh(first["refresh_token"]))
    assert (await client.modern(second["access_token"], "tools/list")).status_code == 200
    reused = await client.refresh(first["refresh_token"])
    assert same_json(reused)["error"] == "invalid_grant"
    assert (await client.modern(second["access_token"], "tools/list")).status_code == 401


async def test_a_revoked_token_is_refused(client: PlainClient) -> None:
    token = (await client.tokens())["access_token"]
    where = client.metadata["revocation_endpoint"]
    revoked = await client.http.post(where, data={**client.credentials(), "token": token})
    assert revoked.status_code == 200
    response = await client.modern(token, "tools/list")
    assert parameters(response)["error"] == "invalid_token"


ADD = {"name": "add_note", "arguments": {"text": "Remember"}}
LIST = {"name": "list_notes", "arguments": {}}


async def test_step_up(client: PlainClient) -> None:
    token = (await client.tokens())["access_token"]
    refused = await client.modern(token, "tools/call", ADD)
    assert refused.status_code == 403
    wanted = parameters(refused)
    assert wanted["error"] == "insufficient_scope"
    assert wanted["scope"] == "notes:read notes:write"
    assert wanted["resource_metadata"].endswith("/.well-known/oauth-protected-resource/mcp")
    wide = (await client.tokens(scope=wanted["scope"]))["access_token"]
    added = rpc_of(await client.modern(wide, "tools/call", ADD))
    assert added["result"]["isError"] is False
    listed = rpc_of(await client.modern(wide, "tools/call", LIST))
    assert "Remember" in listed["result"]["content"][0]["text"]


async def test_a_token_without_the_scope_of_the_endpoint(client: PlainClient) -> None:
    token = (await client.tokens(scope="notes:write"))["access_token"]
    response = await client.modern(token, "tools/list")
    assert response.status_code == 403
    assert parameters(response)["scope"] == "notes:read"


@pytest.mark.parametrize(
    "arguments", [{}, {"text": ""}, {"text": 7}, {"text": "x" * 2001}], ids=str
)
async def test_a_bad_argument_is_an_error_of_the_tool(
    arguments: dict[str, Any], client: PlainClient
) -> None:
    token = (await client.tokens(scope="notes:read notes:write"))["access_token"]
    call = {"name": "add_note", "arguments": arguments}
    answer = rpc_of(await client.modern(token, "tools/call", call))
    assert answer["result"]["isError"] is True


async def test_an_unknown_tool_is_an_error_of_the_protocol(client: PlainClient) -> None:
    token = (await client.tokens())["access_token"]
    response = await client.modern(token, "tools/call", {"name": "nothing", "arguments": {}})
    assert rpc_of(response)["error"]["code"] == -32602


async def _session(client: PlainClient, token: str) -> dict[str, str]:
    """The headers of a new session of the 2025-11-25 era."""
    opened = await client.rpc(token, "initialize", INITIALIZE)
    assert opened.status_code == 200
    assert rpc_of(opened)["result"]["protocolVersion"] == "2025-11-25"
    return {
        "Authorization": f"Bearer {token}",
        "Accept": ACCEPT,
        "Mcp-Session-Id": opened.headers["mcp-session-id"],
        "MCP-Protocol-Version": "2025-11-25",
    }


async def test_a_session_of_the_older_era(client: PlainClient) -> None:
    token = (await client.tokens())["access_token"]
    headers = await _session(client, token)
    initialized = await client.rpc(token, "notifications/initialized", None, headers, None)
    assert (initialized.status_code, initialized.content) == (202, b"")
    async with client.http.stream("GET", MCP, headers=headers) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"] == "text/event-stream"
        listed = rpc_of(await client.rpc(token, "tools/list", {}, headers, 2))
        assert [tool["name"] for tool in listed["result"]["tools"]] == ["list_notes", "add_note"]
    called = rpc_of(await client.rpc(token, "tools/call", LIST, headers, 3))
    assert called["id"] == 3
    assert "oat milk" in called["result"]["content"][0]["text"]
    refused = await client.rpc(token, "tools/call", ADD, headers, 4)
    assert (refused.status_code, parameters(refused)["error"]) == (403, "insufficient_scope")
    assert (await client.http.delete(MCP, headers=headers)).status_code == 200
    assert (await client.rpc(token, "tools/list", {}, headers, 5)).status_code == 404


async def test_a_session_needs_a_token_each_time_and_one_of_its_own(client: PlainClient) -> None:
    token = (await client.tokens())["access_token"]
    headers = await _session(client, token)
    without = {name: value for name, value in headers.items() if name != "Authorization"}
    assert (await client.rpc(None, "tools/list", {}, without)).status_code == 401
    await client.register()
    other = (await client.tokens())["access_token"]
    response = await client.rpc(other, "tools/list", {}, {**without, "Accept": ACCEPT})
    assert response.status_code == 404


async def test_the_broker_probe_is_served_with_any_accept(client: PlainClient) -> None:
    token = (await client.tokens())["access_token"]
    headers = {"Accept": "*/*", "MCP-Protocol-Version": "2025-11-25"}
    opened = await client.rpc(token, "initialize", INITIALIZE, headers)
    assert opened.status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"), [("https://claude.ai", 200), ("https://evil.example", 403)]
)
async def test_a_foreign_page_may_not_call(origin: str, status: int, client: PlainClient) -> None:
    token = (await client.tokens())["access_token"]
    headers = {"Origin": origin}
    assert (await client.rpc(token, "initialize", INITIALIZE, headers)).status_code == status


async def test_the_closing_slash_is_no_redirect(client: PlainClient) -> None:
    client.settings = replace(client.settings, resource=MCP + "/")
    assert (await client.rpc(None, "initialize", INITIALIZE)).status_code == 401


async def test_claude_by_its_document(client: PlainClient) -> None:
    client.registered = {"client_id": CLAUDE}
    tokens = await client.tokens()
    assert (await client.modern(tokens["access_token"], "tools/list")).status_code == 200


async def test_a_client_that_is_given(client: PlainClient) -> None:
    given = Settings(clients=(("given", None, (CALLBACK,)),))
    async with running(given) as server, connected(server) as http:
        plain = PlainClient(http, given, registered={"client_id": "given"})
        assert (await plain.tokens())["refresh_token"]


async def test_bends_of_both_kinds(client: PlainClient) -> None:
    def bend_answer(asked: Asked, answer: Answer) -> Answer:
        if asked.url == "https://mcp.reference.test/.well-known/oauth-protected-resource":
            return replace(answer, status=401, body=b"no")
        return answer

    def bend_request(asked: Asked) -> Asked:
        kept = tuple(pair for pair in asked.headers if pair[0].lower() != "authorization")
        return replace(asked, headers=kept) if asked.path == "/mcp" else asked

    async with (
        running(bend_answer=bend_answer, bend_request=bend_request) as server,
        connected(server) as http,
    ):
        bent = PlainClient(http, server.settings)
        root = await http.get("https://mcp.reference.test/.well-known/oauth-protected-resource")
        assert (root.status_code, root.text) == (401, "no")
        token = (await bent.tokens())["access_token"]
        assert (await bent.modern(token, "tools/list")).status_code == 401


async def test_a_healthy_flow_with_a_bend_that_bends_nothing() -> None:
    async with (
        running(bend_answer=lambda _, answer: answer) as server,
        connected(server) as http,
    ):
        client = PlainClient(http, server.settings)
        token = (await client.tokens())["access_token"]
        headers = await _session(client, token)
        async with client.http.stream("GET", MCP, headers=headers) as stream:
            assert stream.headers["content-type"] == "text/event-stream"
            listed = rpc_of(await client.rpc(token, "tools/list", {}, headers, 2))
            assert len(listed["result"]["tools"]) == 2
        async with asyncio.timeout(5):
            assert (await client.http.delete(MCP, headers=headers)).status_code == 200
