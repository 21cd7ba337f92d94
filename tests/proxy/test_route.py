"""Which hosts are contacted, under which address."""

import asyncio
import socket
import ssl

import pytest
import trustme
from proxy_lab import PUBLIC, Start, answers, ok, serve, tls_context, to

from harness.model.network import Network
from harness.model.trace import FailureKind
from harness.proxy.origin import Origin, normal_host, parse_origin
from harness.proxy.route import Route, resolve_name


class Resolver:
    """Answers from a table and remembers who was asked for."""

    def __init__(self, table: dict[str, list[str]]) -> None:
        self.table = table
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        if host not in self.table:
            raise socket.gaierror(socket.EAI_NONAME, "not in the table")
        return self.table[host]


@pytest.mark.parametrize(
    ("url", "origin", "text"),
    [
        ("https://MCP.Example.com./mcp", ("https", "mcp.example.com", 443), None),
        ("http://a.example:80/", ("http", "a.example", 80), "http://a.example"),
        ("http://a.example:443", ("http", "a.example", 443), "http://a.example:443"),
        ("https://[2001:DB8::1]:8443/x", ("https", "2001:db8::1", 8443), None),
        ("https://bücher.example", ("https", "xn--bcher-kva.example", 443), None),
        ("HTTPS://user@a.example/", ("https", "a.example", 443), "https://a.example"),
    ],
)
def test_origins(url: str, origin: tuple[str, str, int], text: str | None) -> None:
    found = parse_origin(url)
    assert found == Origin(*origin)
    if text:
        assert str(found) == text
    assert parse_origin(str(found)) == found


@pytest.mark.parametrize("url", ["", "ftp://a.example", "https://", "/mcp", "https://a:99999"])
def test_no_origins(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_origin(url)
    with pytest.raises(ValueError, match=r"."):
        Route({url: "http://127.0.0.1"})


def test_hosts_have_one_spelling() -> None:
    assert normal_host("[::0001]") == "::1"
    assert normal_host("Claude.AI.") == "claude.ai"


async def test_a_host_that_was_not_allowed_is_not_resolved(proxied: Start) -> None:
    resolver = Resolver({})
    route = Route(resolve=resolver)
    route.allow("https://mcp.example.com")
    async with proxied(route) as proxy:
        got = await proxy.get("https://evil.example/x")
        again = await proxy.get("https://evil.example/y")
        other = await proxy.get("http://evil.example:8080/")
    for one in (got, again, other):
        assert one.failure is not None
        assert one.failure.kind is FailureKind.BLOCKED
        assert "evil.example" in one.failure.text
    assert resolver.asked == []
    assert route.refused == ["evil.example", "evil.example:8080"]


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize(
    "url",
    [
        "https://claude.ai/",
        "https://claude.com/",
        "https://Claude.AI./api/mcp/auth_callback/more",
        "http://claude.ai/api/mcp/auth_callback?code=1&state=2",
        "https://api.claude.ai/",
        "https://claude.ai:8443/",
    ],
)
async def test_claude_is_never_contacted(proxied: Start, url: str, allowed: bool) -> None:
    resolver = Resolver({})
    route = Route(resolve=resolver)
    route.allow("https://mcp.example.com")
    if allowed:
        route.allow(url)
    async with proxied(route) as proxy:
        got = await proxy.get(url)
    assert resolver.asked == []
    assert got.connection.peer is None
    assert got.response is not None
    assert got.response.status == 404


async def test_claude_is_not_contacted_through_a_raw_tunnel(proxied: Start) -> None:
    resolver = Resolver({"claude.ai": ["127.0.0.1"]})
    route = Route(resolve=resolver)
    route.allow("https://claude.ai")
    async with proxied(route) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.engine.port)
        writer.write(b"CONNECT claude.ai:53 HTTP/1.1\r\nHost: claude.ai:53\r\n\r\n")
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x00\x1d\x00\x01\x01\x00" + b"\x00" * 60)
        await asyncio.wait_for(reader.read(), 2)
        writer.close()
    assert resolver.asked == []
    assert route.refused in ([], ["claude.ai:53"])


@pytest.mark.parametrize(
    "private", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1", "::ffff:127.0.0.1"]
)
async def test_a_public_server_cannot_lead_into_the_private_network(
    proxied: Start, private: str
) -> None:
    resolver = Resolver({"mcp.example.com": ["93.184.215.14"], "inner.example": [private]})
    route = Route(resolve=resolver)
    route.allow("https://mcp.example.com")
    route.allow("https://inner.example")
    async with proxied(route) as proxy:
        got = await proxy.get("https://inner.example/")
    assert got.failure is not None
    assert got.failure.kind is FailureKind.BLOCKED
    assert private in got.failure.text
    assert got.connection.addresses == (private,)
    assert route.refused == ["inner.example"]


async def test_a_literal_private_address_is_no_way_in_either(proxied: Start) -> None:
    resolver = Resolver({"mcp.example.com": ["93.184.215.14"]})
    route = Route(resolve=resolver)
    route.allow("https://mcp.example.com")
    route.allow("http://169.254.169.254/latest")
    async with proxied(route) as proxy:
        got = await proxy.get("http://169.254.169.254/latest")
    assert got.failure is not None
    assert got.failure.kind is FailureKind.BLOCKED


async def test_a_public_target_cannot_move_into_the_private_network(proxied: Start) -> None:
    resolver = Resolver({"mcp.example.com": ["93.184.215.14"]})
    network = Network(delays={"mcp.example.com": 60})
    route = Route(resolve=resolver, connect_timeout=0.05)
    route.allow("https://mcp.example.com")
    async with proxied(route, network=network) as proxy:
        first = await proxy.get("https://mcp.example.com/")
        resolver.table["mcp.example.com"] = ["127.0.0.1"]
        second = await proxy.get("https://mcp.example.com/")
    assert first.failure is not None
    assert first.failure.kind is FailureKind.CONNECT_TIMEOUT
    assert second.failure is not None
    assert second.failure.kind is FailureKind.BLOCKED


async def test_a_local_target_may_name_other_local_hosts(proxied: Start) -> None:
    async with serve(answers(ok())) as server:
        resolver = Resolver({"mcp.test": ["127.0.0.1"], "auth.test": ["127.0.0.1"]})
        route = Route(resolve=resolver)
        route.allow("http://mcp.test")
        route.allow("http://auth.test")
        async with proxied(route) as proxy:
            got = await proxy.get(f"http://auth.test:{server.port}/")
    assert got.failure is None
    assert got.connection.addresses == ("127.0.0.1",)
    assert got.timing.dns is not None


async def test_a_local_target_cannot_name_a_link_local_host(proxied: Start) -> None:
    resolver = Resolver({"mcp.test": ["127.0.0.1"], "x.test": ["169.254.169.254"]})
    route = Route(resolve=resolver)
    route.allow("http://mcp.test")
    route.allow("http://x.test")
    async with proxied(route) as proxy:
        got = await proxy.get("http://x.test/")
    assert got.failure is not None
    assert got.failure.kind is FailureKind.BLOCKED


async def test_all_addresses_are_recorded_and_the_next_one_is_tried(proxied: Start) -> None:
    async with serve(answers(ok())) as server:
        # Nothing listens on 127.0.0.2; the IPv4 addresses come first.
        route = Route(resolve=Resolver({"mcp.test": ["::1", "127.0.0.2", "127.0.0.1"]}))
        route.allow("http://mcp.test")
        async with proxied(route) as proxy:
            got = await proxy.get(f"http://mcp.test:{server.port}/")
    assert got.failure is None
    assert got.connection.addresses == ("127.0.0.2", "127.0.0.1", "::1")
    assert got.connection.peer == f"127.0.0.1:{server.port}"


async def test_the_proxy_does_not_dial_itself(proxied: Start) -> None:
    route = Route(resolve=Resolver({"mcp.test": ["127.0.0.1"]}))
    route.allow("http://mcp.test")
    async with proxied(route) as proxy:
        got = await proxy.get(f"http://mcp.test:{proxy.engine.port}/")
    assert got.failure is not None
    assert got.failure.kind is FailureKind.BLOCKED


async def test_ports_and_hosts_of_maps(proxied: Start) -> None:
    async with serve(answers(ok(b"one"))) as one, serve(answers(ok(b"two"))) as two:
        route = Route(
            {
                "https://a.example": one.http,
                "https://a.example:8443": f"http://localhost:{two.port}",
            },
            resolve=Resolver({"localhost": ["127.0.0.1"]}),
        )
        route.allow("https://a.example")
        async with proxied(route) as proxy:
            got = await proxy.get("https://a.example:443/")
            other = await proxy.get("https://a.example:8443/")
    assert got.response is not None
    assert got.response.body == b"one"
    assert got.request.url == "https://a.example/"
    assert other.response is not None
    assert other.response.body == b"two"
    assert other.request.url == "https://a.example:8443/"
    assert other.request.header("host") == "a.example:8443"
    assert other.connection.mapped_to == f"http://localhost:{two.port}"


async def test_public_http_to_local_https(proxied: Start, authority: trustme.CA) -> None:
    tls = tls_context(authority.issue_cert("plain.example"))
    async with serve(answers(ok()), tls) as server:
        route = Route({"http://plain.example": server.https})
        route.allow("http://plain.example")
        async with proxied(route) as proxy:
            got = await proxy.get("http://plain.example/")
    assert got.failure is None
    assert got.request.url == "http://plain.example/"
    assert got.connection.sni == "plain.example"


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_ipv6_literal(proxied: Start, authority: trustme.CA, scheme: str) -> None:
    tls = tls_context(authority.issue_cert("::1")) if scheme == "https" else None
    try:
        listener = await asyncio.start_server(answers(ok(b"six")), "::1", 0, ssl=tls)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    port = listener.sockets[0].getsockname()[1]
    url = f"{scheme}://[::1]:{port}/mcp"
    route = Route()
    route.allow(url)
    async with proxied(route) as proxy:
        got = await proxy.get(url)
    listener.close()
    assert got.failure is None
    assert got.response is not None
    assert got.response.body == b"six"
    assert got.request.url == url
    assert got.request.header("host") == f"[::1]:{port}"
    assert got.connection.host == "::1"
    assert got.connection.peer == f"[::1]:{port}"


async def test_the_certificate_is_checked_against_the_public_name(
    proxied: Start, authority: trustme.CA
) -> None:
    tls = tls_context(authority.issue_cert("127.0.0.1"))
    async with serve(answers(ok()), tls) as server, proxied(to(server)) as proxy:
        got = await proxy.get(PUBLIC)
    assert got.failure is not None
    assert got.failure.kind is FailureKind.TLS_CERTIFICATE


async def test_dns_answers_of_a_fault_are_recorded_beside_a_map(
    proxied: Start, server_tls: ssl.SSLContext
) -> None:
    network = Network(answers={"mcp.example.com": ("203.0.113.9", "2001:db8::9")})
    async with (
        serve(answers(ok()), server_tls) as server,
        proxied(to(server), network=network) as proxy,
    ):
        got = await proxy.get(PUBLIC)
    assert got.failure is None
    assert got.connection.addresses == ("203.0.113.9", "2001:db8::9")
    assert got.connection.peer == f"127.0.0.1:{server.port}"


async def test_the_operating_system_resolves() -> None:
    assert "127.0.0.1" in await resolve_name("localhost")
    with pytest.raises((OSError, UnicodeError)):
        await resolve_name("x" * 70 + ".invalid")
