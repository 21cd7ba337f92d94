import pytest

from reference_server.settings import Settings


@pytest.mark.parametrize(
    ("resource", "metadata_url", "path"),
    [
        ("https://h/mcp", "https://h/.well-known/oauth-protected-resource/mcp", "/mcp"),
        ("https://h/a/b/", "https://h/.well-known/oauth-protected-resource/a/b", "/a/b/"),
        ("https://h:8443", "https://h:8443/.well-known/oauth-protected-resource", "/"),
        ("https://h/", "https://h/.well-known/oauth-protected-resource", "/"),
    ],
)
def test_resource_metadata_is_named_before_the_path(
    resource: str, metadata_url: str, path: str
) -> None:
    settings = Settings(resource=resource)
    assert settings.resource_metadata_url == metadata_url
    assert settings.resource_path == path


@pytest.mark.parametrize(
    ("issuer", "endpoint"),
    [
        ("https://a", "https://a/oauth/token"),
        ("https://a/", "https://a/oauth/token"),
        ("https://a/tenant/x", "https://a/tenant/x/oauth/token"),
        ("https://a:1/tenant/", "https://a:1/tenant/oauth/token"),
    ],
)
def test_endpoints_are_below_the_issuer(issuer: str, endpoint: str) -> None:
    assert Settings(issuer=issuer).endpoint("token") == endpoint


def test_one_host_looks_at_the_host_alone() -> None:
    assert not Settings().one_host
    assert Settings(resource="https://h/mcp", issuer="https://h/as").one_host
