import base64

import pytest
from plain_client import CALLBACK, CLAUDE, VERIFIER, Clock, PlainClient, claims_of, same_json

from reference_server.server import Server
from reference_server.settings import Settings

AT = "https://auth.reference.test"


@pytest.fixture
async def client(client: PlainClient) -> PlainClient:
    await client.register()
    return client


async def test_a_code_becomes_tokens(client: PlainClient) -> None:
    response = await client.redeem((await client.decide())["code"])
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    answer = same_json(response)
    assert answer.keys() == {
        "access_token",
        "token_type",
        "expires_in",
        "scope",
        "refresh_token",
    }
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3600
    assert answer["scope"] == "notes:read offline_access"


async def test_the_access_token_has_the_claims_of_rfc_9068(client: PlainClient) -> None:
    claims = claims_of((await client.tokens())["access_token"])
    assert claims.pop("jti")
    assert claims == {
        "iss": AT,
        "sub": "ada",
        "aud": "https://mcp.reference.test/mcp",
        "exp": 1_800_003_600,
        "iat": 1_800_000_000,
        "client_id": client.registered["client_id"],
        "scope": "notes:read offline_access",
    }


async def test_no_scope_asked_grants_what_the_endpoint_needs(client: PlainClient) -> None:
    assert (await client.tokens(scope=None))["scope"] == "notes:read"


async def test_a_client_without_the_refresh_grant_gets_no_refresh_token(
    client: PlainClient,
) -> None:
    await client.register(grant_types=["authorization_code"])
    tokens = await client.tokens()
    assert "refresh_token" not in tokens
    assert await _error(client.refresh("x")) == (400, "unauthorized_client")


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"redirect_uri": CALLBACK + "/"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"resource": "https://other.example/mcp"}, "invalid_target"),
        ({"code": "nonsense"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "invalid_request"),
    ],
)
async def test_a_code_is_refused(
    over: dict[str, str | None], error: str, client: PlainClient
) -> None:
    code = (await client.decide())["code"]
    assert await _error(client.redeem(**{"code": code, **over})) == (400, error)


@pytest.mark.parametrize("over", [{"resource": None}, {"audience": "x"}])
async def test_a_code_is_accepted(over: dict[str, str | None], client: PlainClient) -> None:
    code = (await client.decide())["code"]
    assert (await client.redeem(code, **over)).status_code == 200


async def test_a_code_expires(client: PlainClient, clock: Clock) -> None:
    code = (await client.decide())["code"]
    clock.now += client.settings.code_ttl
    assert await _error(client.redeem(code)) == (400, "invalid_grant")


async def test_a_code_is_bound_to_its_client(client: PlainClient) -> None:
    code = (await client.decide())["code"]
    await client.register()
    assert await _error(client.redeem(code)) == (400, "invalid_grant")


async def test_a_second_use_of_a_code_ends_what_came_from_it(
    client: PlainClient, server: Server
) -> None:
    code = (await client.decide())["code"]
    first = same_json(await client.redeem(code))
    assert await _error(client.redeem(code)) == (400, "invalid_grant")
    assert await _error(client.refresh(first["refresh_token"])) == (400, "invalid_grant")
    assert claims_of(first["access_token"])["jti"] in server.store.revoked_token_ids


async def test_refresh_rotates(client: PlainClient) -> None:
    first = await client.tokens()
    second = same_json(await client.refresh(first["refresh_token"]))
    third = same_json(
        await client.refresh(second["refresh_token"], resource=client.settings.resource)
    )
    values = {one["refresh_token"] for one in (first, second, third)}
    assert len(values) == 3
    assert claims_of(third["access_token"])["aud"] == client.settings.resource


async def test_a_reused_refresh_token_ends_the_family(client: PlainClient, server: Server) -> None:
    first = await client.tokens()
    second = same_json(await client.refresh(first["refresh_token"]))
    assert await _error(client.refresh(first["refresh_token"])) == (400, "invalid_grant")
    assert await _error(client.refresh(second["refresh_token"])) == (400, "invalid_grant")
    assert claims_of(second["access_token"])["jti"] in server.store.revoked_token_ids


async def test_another_consent_is_another_family(client: PlainClient) -> None:
    first, other = await client.tokens(), await client.tokens()
    await client.refresh(first["refresh_token"])
    await client.refresh(first["refresh_token"])
    assert (await client.refresh(other["refresh_token"])).status_code == 200


async def test_a_refresh_may_narrow_the_scope_but_not_widen_it(client: PlainClient) -> None:
    first = await client.tokens()
    wide = client.refresh(first["refresh_token"], scope="notes:read notes:write")
    assert await _error(wide) == (400, "invalid_scope")
    narrow = same_json(await client.refresh(first["refresh_token"], scope="notes:read"))
    assert narrow["scope"] == "notes:read"
    whole = same_json(await client.refresh(narrow["refresh_token"]))
    assert whole["scope"] == "notes:read offline_access"


async def test_a_refresh_token_is_bound_to_its_client(client: PlainClient) -> None:
    first = await client.tokens()
    await client.register()
    assert await _error(client.refresh(first["refresh_token"])) == (400, "invalid_grant")


async def test_a_refresh_token_expires(client: PlainClient, clock: Clock) -> None:
    first = await client.tokens()
    clock.now += client.settings.refresh_token_ttl
    assert await _error(client.refresh(first["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.parametrize("over", [{"resource": "https://other.example/"}])
async def test_a_refresh_for_another_resource(over: dict[str, str], client: PlainClient) -> None:
    first = await client.tokens()
    refused = client.refresh(first["refresh_token"], **over)
    assert await _error(refused) == (400, "invalid_target")


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_revocation_ends_the_family(kind: str, client: PlainClient, server: Server) -> None:
    tokens = await client.tokens()
    response = await _revoke(client, token=tokens[kind])
    assert (response.status_code, response.content) == (200, b"")
    assert await _error(client.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert claims_of(tokens["access_token"])["jti"] in server.store.revoked_token_ids


async def test_revoking_what_is_unknown_is_no_error(client: PlainClient) -> None:
    response = await _revoke(client, token="nonsense", token_type_hint="access_token")
    assert response.status_code == 200


async def test_only_the_client_itself_revokes(client: PlainClient) -> None:
    tokens = await client.tokens()
    owner = client.registered
    await client.register()
    refused = _revoke(client, token=tokens["refresh_token"])
    assert await _error(refused) == (400, "invalid_grant")
    client.registered = owner
    assert (await client.refresh(tokens["refresh_token"])).status_code == 200


async def test_revocation_needs_a_client_and_a_token(client: PlainClient) -> None:
    assert await _error(_revoke(client)) == (400, "invalid_request")
    refused = _revoke(client, token="x", client_secret="wrong")
    assert await _error(refused) == (401, "invalid_client")


@pytest.mark.parametrize("over", [{"client_id": "nobody"}, {"client_secret": "wrong"}])
async def test_a_client_that_is_not_known_gets_401(
    over: dict[str, str], client: PlainClient
) -> None:
    response = await client.redeem("x", **over)
    assert response.status_code == 401
    assert same_json(response)["error"] == "invalid_client"
    assert "www-authenticate" not in response.headers


async def test_a_secret_that_is_missing_gets_401(client: PlainClient) -> None:
    assert await _error(client.redeem("x", client_secret=None)) == (401, "invalid_client")


async def test_a_public_client_has_no_secret(client: PlainClient) -> None:
    await client.register(token_endpoint_auth_method="none")
    code = (await client.decide())["code"]
    assert await _error(client.redeem(code, client_secret="x")) == (401, "invalid_client")
    assert (await client.redeem(code)).status_code == 200


async def test_a_client_known_by_its_document_needs_no_secret(client: PlainClient) -> None:
    client.registered = {"client_id": CLAUDE}
    tokens = await client.tokens()
    assert claims_of(tokens["access_token"])["client_id"] == CLAUDE
    assert (await client.refresh(tokens["refresh_token"])).status_code == 200


class TestBasic:
    """`a:b%` has what only form-encoding brings through Basic unharmed."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(clients=(("a:b%", "s+ e:t", (CALLBACK,)),))

    @pytest.fixture
    async def client(self, client: PlainClient) -> PlainClient:
        client.registered = {"client_id": "a:b%", "client_secret": "s+ e:t"}
        return client

    async def test_form_encoded_credentials_are_accepted(self, client: PlainClient) -> None:
        assert (await self._redeem(client, "a%3Ab%25:s%2B+e%3At")).status_code == 200

    async def test_the_body_works_as_well(self, client: PlainClient) -> None:
        assert (await client.tokens())["access_token"]

    async def test_the_same_client_id_may_be_in_the_body(self, client: PlainClient) -> None:
        response = await self._redeem(client, "a%3Ab%25:s%2B+e%3At", client_id="a:b%")
        assert response.status_code == 200

    @pytest.mark.parametrize("over", [{"client_secret": "s+ e:t"}, {"client_id": "other"}])
    async def test_two_ways_at_once_are_refused(
        self, over: dict[str, str], client: PlainClient
    ) -> None:
        response = await self._redeem(client, "a%3Ab%25:s%2B+e%3At", **over)
        assert (response.status_code, response.json()["error"]) == (400, "invalid_request")

    @pytest.mark.parametrize(
        "header",
        [
            "Basic " + base64.b64encode(b"a%3Ab%25:wrong").decode(),
            "Basic " + base64.b64encode(b"no-colon").decode(),
            "Basic " + base64.b64encode(b"\xff:\xff").decode(),
            "Basic !",
            "Bearer x",
        ],
    )
    async def test_a_failure_is_challenged(self, header: str, client: PlainClient) -> None:
        response = await client.http.post(
            f"{AT}/oauth/token",
            data={"grant_type": "authorization_code", "code": "x", "code_verifier": VERIFIER},
            headers={"Authorization": header},
        )
        assert response.status_code == 401
        assert same_json(response)["error"] == "invalid_client"
        assert response.headers["www-authenticate"].startswith("Basic ")

    async def _redeem(self, client: PlainClient, credentials: str, **over: str):
        code = (await client.decide())["code"]
        encoded = base64.b64encode(credentials.encode()).decode()
        return await client.http.post(
            f"{AT}/oauth/token",
            data={
                "grant_type": "authorization_code",
                "code": code,
                "code_verifier": VERIFIER,
                "redirect_uri": CALLBACK,
                **over,
            },
            headers={"Authorization": f"Basic {encoded}"},
        )


async def test_a_token_request_is_a_form_without_repeats(client: PlainClient) -> None:
    where = f"{AT}/oauth/token"
    assert await _error(client.http.post(where, json={})) == (400, "invalid_request")
    form = "grant_type=authorization_code&code=1&code=2"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    refused = client.http.post(where, content=form, headers=headers)
    assert await _error(refused) == (400, "invalid_request")
    assert (await client.http.get(where)).status_code == 405
    assert (await client.http.post(where, data={"a": "x" * 70_000})).status_code == 413


async def _revoke(client: PlainClient, **fields: str):
    return await client.http.post(f"{AT}/oauth/revoke", data={**client.credentials(), **fields})


async def _error(response) -> tuple[int, str]:
    answered = await response
    assert answered.headers["cache-control"] == "no-store"
    return answered.status_code, same_json(answered)["error"]
