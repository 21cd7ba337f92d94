import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.redirect_uris import acceptable, same


@pytest.mark.parametrize(
    "uri",
    [
        "https://claude.ai/api/mcp/auth_callback",
        "https://claude.com/api/mcp/auth_callback?x=1",
        "http://localhost/callback",
        "http://127.0.0.1:3118/callback",
        "http://[::1]:9/callback",
    ],
)
def test_acceptable(uri: str) -> None:
    assert acceptable(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "http://evil.example/cb",
        "javascript:alert(1)",
        "https://h/cb#x",
        "https://h/cb#",
        "https://*.h/cb",
        "https://user@h/cb",
        "https:///cb",
        "https:/cb",
        "/cb",
        "",
        "https://h/c b",
        "https://h/cb\n",
        "https://h:99999/cb",
        "https://[::1/cb",
        "https://hä/cb",
        "http://localhost.evil.example/cb",
        "https://h/" + "a" * 2048,
    ],
)
def test_not_acceptable(uri: str) -> None:
    assert not acceptable(uri)


def test_hosts_narrow_what_is_acceptable() -> None:
    hosts = ("claude.ai",)
    assert acceptable("https://claude.ai/cb", hosts)
    assert not acceptable("https://claude.com/cb", hosts)
    assert not acceptable("http://localhost/cb", hosts)


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        ("https://h/cb", "https://h/cb"),
        ("http://localhost/callback", "http://localhost:51234/callback"),
        ("http://127.0.0.1:1/callback", "http://127.0.0.1:2/callback"),
        ("http://[::1]/callback?a=b", "http://[::1]:7/callback?a=b"),
    ],
)
def test_same(registered: str, asked: str) -> None:
    assert same(registered, asked)


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        ("https://h/cb", "https://h/cb/"),
        ("https://h/cb", "https://h/CB"),
        ("https://h/cb", "https://H/cb"),
        ("https://h/cb", "https://h:443/cb"),
        ("https://h/cb", "https://h:8443/cb"),
        ("https://h/cb", "http://h/cb"),
        ("https://h/cb", "https://h/cb?x"),
        ("https://h/cb", "https://h@evil.example/cb"),
        ("https://h/cb", "https://h/x/../cb"),
        ("https://h/cb", "https://sub.h/cb"),
        ("http://localhost/callback", "http://127.0.0.1/callback"),
        ("http://localhost/callback", "http://LOCALHOST:1/callback"),
        ("http://localhost/callback", "http://localhost:1/callback/"),
        ("http://localhost/callback", "http://localhost:1/callback?x=1"),
        ("http://localhost/callback", "https://localhost:1/callback"),
        ("http://localhost/callback", "http://x@localhost:1/callback"),
    ],
)
def test_not_same(registered: str, asked: str) -> None:
    assert not same(registered, asked)


@given(st.text(), st.text())
def test_nothing_crashes_and_what_is_same_is_acceptable(registered: str, asked: str) -> None:
    assert not same(registered, asked) or acceptable(asked)


@given(st.sampled_from(["http://localhost", "http://[::1]"]), st.integers(0, 70000))
def test_the_port_is_free_on_loopback_as_long_as_it_is_a_port(origin: str, port: int) -> None:
    assert same(f"{origin}/cb", f"{origin}:{port}/cb") == (port < 65536)
