import httpx
import pytest
from plain_client import same_json

from reference_server.app import build_app
from reference_server.client_documents import fetch_published
from reference_server.server import Server
from reference_server.settings import Settings

RESOURCE_FORMS = (
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-protected-resource/mcp/",
)


def over(settings: Settings) -> httpx.AsyncClient:
    app = build_app(Server(settings=settings, fetch=fetch_published))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app))


@pytest.mark.parametrize("path", RESOURCE_FORMS)
async def test_resource_metadata(path: str, http: httpx.AsyncClient) -> None:
    response = await http.get(f"https://mcp.reference.test{path}")
    assert response.status_code == 200
    assert same_json(response) == {
        "resource": "https://mcp.reference.test/mcp",
        "authorization_servers": ["https://auth.reference.test"],
        "scopes_supported": ["notes:read"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Reference notes",
    }


async def test_server_metadata(http: httpx.AsyncClient) -> None:
    at = "https://auth.reference.test"
    document = same_json(await http.get(f"{at}/.well-known/oauth-authorization-server"))
    assert document == {
        "issuer": at,
        "authorization_endpoint": f"{at}/oauth/authorize",
        "token_endpoint": f"{at}/oauth/token",
        "registration_endpoint": f"{at}/oauth/register",
        "revocation_endpoint": f"{at}/oauth/revoke",
        "jwks_uri": f"{at}/oauth/jwks",
        "scopes_supported": ["notes:read", "notes:write", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": [
            "none",
            "client_secret_post",
            "client_secret_basic",
        ],
        "revocation_endpoint_auth_methods_supported": [
            "none",
            "client_secret_post",
            "client_secret_basic",
        ],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
        "protected_resources": ["https://mcp.reference.test/mcp"],
    }


async def test_the_openid_document_agrees_and_is_complete(http: httpx.AsyncClient) -> None:
    at = "https://auth.reference.test/.well-known"
    oauth = same_json(await http.get(f"{at}/oauth-authorization-server"))
    openid = same_json(await http.get(f"{at}/openid-configuration"))
    assert oauth.items() <= openid.items()
    assert openid["subject_types_supported"] == ["public"]
    assert openid["id_token_signing_alg_values_supported"] == ["ES256"]


@pytest.mark.parametrize(
    "url",
    [
        "https://mcp.reference.test/.well-known/oauth-authorization-server",
        "https://mcp.reference.test/.well-known/openid-configuration",
        "https://mcp.reference.test/oauth/token",
        "https://auth.reference.test/.well-known/oauth-protected-resource",
        "https://auth.reference.test/.well-known/oauth-protected-resource/mcp",
        "https://auth.reference.test/mcp",
    ],
)
async def test_each_host_knows_only_its_own_paths(url: str, http: httpx.AsyncClient) -> None:
    assert (await http.get(url)).status_code == 404


async def test_another_host_is_misdirected(http: httpx.AsyncClient) -> None:
    assert (await http.get("https://other.reference.test/mcp")).status_code == 421


async def test_an_issuer_with_a_path_has_its_documents_in_three_places() -> None:
    async with over(Settings(issuer="https://auth.test/tenant/x")) as http:
        for path in (
            "/.well-known/oauth-authorization-server/tenant/x",
            "/.well-known/openid-configuration/tenant/x",
            "/tenant/x/.well-known/openid-configuration",
        ):
            document = same_json(await http.get(f"https://auth.test{path}"))
            assert document["issuer"] == "https://auth.test/tenant/x"
            assert document["token_endpoint"] == "https://auth.test/tenant/x/oauth/token"
        root = await http.get("https://auth.test/.well-known/oauth-authorization-server")
        assert root.status_code == 404


async def test_one_origin_serves_both() -> None:
    at = "https://one.test"
    async with over(Settings(resource=f"{at}/mcp", issuer=at)) as http:
        for path in (*RESOURCE_FORMS, "/.well-known/oauth-authorization-server", "/oauth/jwks"):
            assert (await http.get(f"{at}{path}")).status_code == 200
        assert (await http.post(f"{at}/mcp")).status_code == 401


async def test_a_copy_in_the_root_place_is_published_on_demand() -> None:
    place = "https://mcp.reference.test/.well-known/oauth-protected-resource"
    async with over(Settings()) as http:
        assert (await http.get(place)).status_code == 404
    async with over(Settings(root_metadata=True)) as http:
        assert (await http.get(place)).json() == (await http.get(f"{place}/mcp")).json()


async def test_a_resource_without_a_path() -> None:
    async with over(Settings(resource="https://bare.test")) as http:
        root = await http.get("https://bare.test/.well-known/oauth-protected-resource")
        assert same_json(root)["resource"] == "https://bare.test"
        assert (await http.post("https://bare.test/")).status_code == 401
