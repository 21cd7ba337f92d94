import httpx
import pytest

MCP = "https://mcp.reference.test"
AUTH = "https://auth.reference.test"
ANY = {"Origin": "https://inspector.example"}
PREFLIGHT = {
    **ANY,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version",
}
OPEN = (
    f"{MCP}/mcp",
    f"{MCP}/.well-known/oauth-protected-resource/mcp",
    f"{AUTH}/.well-known/oauth-authorization-server",
    f"{AUTH}/oauth/register",
    f"{AUTH}/oauth/token",
    f"{AUTH}/oauth/revoke",
    f"{AUTH}/oauth/jwks",
)


def names(value: str) -> set[str]:
    return {name.strip().lower() for name in value.split(",")}


@pytest.mark.parametrize("url", OPEN)
async def test_a_preflight_needs_no_token(url: str, http: httpx.AsyncClient) -> None:
    response = await http.options(url, headers=PREFLIGHT)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == "*"
    assert names(response.headers["access-control-allow-methods"]) == {
        "get",
        "post",
        "delete",
        "options",
    }
    assert names(response.headers["access-control-allow-headers"]) == {
        "authorization",
        "content-type",
        "accept",
        "mcp-protocol-version",
        "mcp-session-id",
        "mcp-method",
        "mcp-name",
        "last-event-id",
    }
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("url", OPEN)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_answers_and_errors_can_be_read(
    method: str, url: str, http: httpx.AsyncClient
) -> None:
    response = await http.request(method, url, headers=ANY)
    assert response.headers["access-control-allow-origin"] == "*"
    exposed = names(response.headers["access-control-expose-headers"])
    assert exposed == {"www-authenticate", "mcp-session-id"}


@pytest.mark.parametrize("page", ["authorize", "sign-in", "consent"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_no_script_reads_the_pages(method: str, page: str, http: httpx.AsyncClient) -> None:
    response = await http.request(method, f"{AUTH}/oauth/{page}", headers=PREFLIGHT)
    assert "access-control-allow-origin" not in response.headers
