from typing import Any

import httpx
import pytest
from plain_client import CALLBACK, DCR, PlainClient, same_json

from reference_server.settings import Settings

REGISTER = "https://auth.reference.test/oauth/register"


async def test_claude_registers(client: PlainClient) -> None:
    response = await client.register()
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    assert same_json(response) == {
        "client_id": "token-0001",
        "client_id_issued_at": 1_800_000_000,
        "client_secret": "token-0002",
        "client_secret_expires_at": 0,
        "client_name": "Claude",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_post",
    }


async def test_claude_code_registers(client: PlainClient) -> None:
    response = await client.register(
        client_name="Claude Code (notes)",
        redirect_uris=["http://localhost:51234/callback"],
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="none",
        application_type="native",
        scope="notes:read offline_access",
    )
    answer = same_json(response)
    assert answer["application_type"] == "native"
    assert answer["scope"] == "notes:read offline_access"
    assert "client_secret" not in answer
    assert "client_secret_expires_at" not in answer


async def test_what_is_left_out_gets_the_defaults_of_the_rfc(http: httpx.AsyncClient) -> None:
    response = await http.post(REGISTER, json={"redirect_uris": [CALLBACK]})
    answer = same_json(response)
    assert answer["token_endpoint_auth_method"] == "client_secret_basic"
    assert answer["grant_types"] == ["authorization_code"]
    assert answer["response_types"] == ["code"]
    assert answer["client_secret"]


async def test_unknown_and_null_members_are_ignored(http: httpx.AsyncClient) -> None:
    body = {**DCR, "x-thing": {"a": 1}, "logo_uri": None, "client_uri": 7, "scope": ""}
    answer = same_json(await http.post(REGISTER, json=body))
    assert not {"x-thing", "logo_uri", "client_uri"} & answer.keys()


async def test_each_registration_is_a_new_client(client: PlainClient) -> None:
    ids = {(await client.register()).json()["client_id"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize(
    "uris",
    [
        None,
        [],
        "https://h/cb",
        [7],
        ["http://evil.example/cb"],
        ["javascript:alert(1)"],
        [CALLBACK, "https://h/cb#f"],
        ["https://*.example/cb"],
        [CALLBACK] * 21,
    ],
)
async def test_bad_redirect_uris(uris: Any, client: PlainClient) -> None:
    response = await client.register(redirect_uris=uris)
    assert response.status_code == 400
    assert same_json(response)["error"] == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "change",
    [
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"grant_types": ["client_credentials"]},
        {"grant_types": "authorization_code"},
        {"response_types": ["token"]},
        {"response_types": 1},
    ],
)
async def test_bad_metadata(change: dict[str, Any], client: PlainClient) -> None:
    response = await client.register(**change)
    assert response.status_code == 400
    assert same_json(response)["error"] == "invalid_client_metadata"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 5000, b"\xff"])
async def test_a_body_that_is_no_object(body: bytes, http: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    response = await http.post(REGISTER, content=body, headers=headers)
    assert response.status_code == 400
    assert same_json(response)["error"] == "invalid_client_metadata"


async def test_a_form_is_not_a_registration(http: httpx.AsyncClient) -> None:
    response = await http.post(REGISTER, data={"client_name": "x"})
    assert same_json(response)["error"] == "invalid_client_metadata"


async def test_a_huge_body_is_refused(http: httpx.AsyncClient) -> None:
    body = {**DCR, "client_name": "x" * 70_000}
    assert (await http.post(REGISTER, json=body)).status_code == 413


class TestRedirectHosts:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(redirect_hosts=("claude.ai",))

    async def test_a_named_host_is_accepted(self, client: PlainClient) -> None:
        assert (await client.register()).status_code == 201

    async def test_another_host_is_refused(self, client: PlainClient) -> None:
        response = await client.register(redirect_uris=["https://claude.com/cb"])
        assert same_json(response)["error"] == "invalid_redirect_uri"
