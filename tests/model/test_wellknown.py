"""Metadata addresses follow the RFCs for every shape of URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.wellknown import (
    UrlError,
    canonical_resource,
    covers,
    difference,
    is_http_url,
    origin,
    resource_metadata_urls,
    server_metadata_urls,
    split,
)

PRM = "/.well-known/oauth-protected-resource"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h", [f"https://h{PRM}"]),
        ("https://h/", [f"https://h{PRM}"]),
        ("https://h/mcp", [f"https://h{PRM}/mcp", f"https://h{PRM}"]),
        ("https://h/mcp/", [f"https://h{PRM}/mcp/", f"https://h{PRM}"]),
        ("https://h:8443/a/mcp?x=1", [f"https://h:8443{PRM}/a/mcp?x=1", f"https://h:8443{PRM}"]),
        ("http://[::1]:9/mcp", [f"http://[::1]:9{PRM}/mcp", f"http://[::1]:9{PRM}"]),
    ],
)
def test_resource_metadata_addresses(url: str, expected: list[str]) -> None:
    assert [found for _, found in resource_metadata_urls(url)] == expected


def test_server_metadata_addresses_of_a_path_issuer() -> None:
    assert [url for _, url in server_metadata_urls("https://a/t1/", root_too=True)] == [
        "https://a/.well-known/oauth-authorization-server/t1",
        "https://a/.well-known/openid-configuration/t1",
        "https://a/t1/.well-known/openid-configuration",
        "https://a/.well-known/oauth-authorization-server",
    ]


def test_server_metadata_addresses_of_a_bare_issuer() -> None:
    assert [url for _, url in server_metadata_urls("https://a", root_too=True)] == [
        "https://a/.well-known/oauth-authorization-server",
        "https://a/.well-known/openid-configuration",
    ]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Host.Example:443/Mcp/#x", "https://host.example/Mcp"),
        ("https://host", "https://host/"),
        ("https://host:8443/a/?q=1", "https://host:8443/a?q=1"),
    ],
)
def test_canonical_resource(url: str, expected: str) -> None:
    assert canonical_resource(url) == expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("https://h", True),
        ("https://h/", True),
        ("https://h/mcp", True),
        ("https://h/m", False),
        ("https://h/mcp/v1", False),
        ("https://www.h/mcp", False),
        ("nonsense", False),
    ],
)
def test_covers(resource: str, expected: bool) -> None:
    assert covers(resource, "https://h/mcp") is expected


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ("https://a/t", None),
        ("https://a/t/", "trailing slash"),
        ("https://A/t", "letter case"),
        ("https://b/t", "host"),
        ("http://a/t", "scheme"),
        ("https://a:444/t", "port"),
        ("https://a/u", "path"),
        ("https://a/{tenant}", "unfilled placeholder"),
        ("a", "not a URL"),
    ],
)
def test_difference(received: str, expected: str | None) -> None:
    assert difference("https://a/t", received) == expected


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "https://", "//h/x", "https://h:99999/", "", 7,
     "https://[::1", "https://h/a b", "https://h/\x1b[2J"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: object) -> None:
    assert not is_http_url(url)


@given(st.text(max_size=40))
def test_no_text_makes_split_fail_otherwise(text: str) -> None:
    try:
        split(text)
    except UrlError:
        return
    assert origin(text)
