"""Every way a server can fail, against real sockets."""

import asyncio
import datetime
import socket
import ssl
import struct
from pathlib import Path

import httpx
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from proxy_lab import PUBLIC, Start, Talk, answers, ok, serve, then_close, tls_context, to

from harness.model.network import ConnectFault, DnsFault, Network
from harness.model.trace import Failure, FailureKind
from harness.proxy.route import Route

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


async def idle(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    while await reader.read(1000):
        pass


def self_signed(tmp_path: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mcp.example.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("mcp.example.com")]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "self.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def chain_context(leaf: trustme.LeafCert, tmp_path: Path, *above: trustme.Blob) -> ssl.SSLContext:
    """A server that presents the leaf and exactly these certificates above it."""
    path = tmp_path / "chain.pem"
    pems = [leaf.private_key_pem, leaf.cert_chain_pems[0], *above]
    path.write_bytes(b"".join(pem.bytes() for pem in pems))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize(
    ("case", "words", "verify_error", "chain"),
    [
        ("expired", "expired", "error 10", 1),
        ("not-yet-valid", "not yet valid", "error 9", 1),
        ("wrong-host", "hostname mismatch", "error 62", 1),
        ("self-signed", "self-signed certificate", "error 18", 1),
        ("unknown-root", "unable to get local issuer", "error 20", 1),
        ("root-sent", "self-signed certificate in certificate chain", "error 19", 2),
        ("missing-intermediate", "unable to get local issuer", "error 20", 1),
    ],
)
async def test_certificate_does_not_verify(
    proxied: Start,
    authority: trustme.CA,
    tmp_path: Path,
    case: str,
    words: str,
    verify_error: str,
    chain: int,
) -> None:
    match case:
        case "expired":
            leaf = authority.issue_cert(
                "mcp.example.com", not_before=NOW - 9 * DAY, not_after=NOW - DAY
            )
            tls = tls_context(leaf)
        case "not-yet-valid":
            leaf = authority.issue_cert(
                "mcp.example.com", not_before=NOW + DAY, not_after=NOW + 9 * DAY
            )
            tls = tls_context(leaf)
        case "wrong-host":
            tls = tls_context(authority.issue_cert("other.example.com"))
        case "self-signed":
            tls = self_signed(tmp_path)
        case "unknown-root":
            tls = tls_context(trustme.CA().issue_cert("mcp.example.com"))
        case "root-sent":
            other = trustme.CA()
            tls = chain_context(other.issue_cert("mcp.example.com"), tmp_path, other.cert_pem)
        case _:
            leaf = authority.create_child_ca().issue_cert("mcp.example.com")
            tls = chain_context(leaf, tmp_path)
    async with serve(answers(ok()), tls) as server, proxied(to(server)) as proxy:
        got = await proxy.get(PUBLIC)
    assert got.response is None
    assert got.failure is not None
    assert got.failure.kind is FailureKind.TLS_CERTIFICATE
    assert words in got.failure.text
    assert any(verify_error in line for line in got.connection.verify_errors)
    depth = 1 if case == "root-sent" else 0
    assert got.connection.verify_errors[0].startswith(f"depth {depth}: ")
    assert len(got.connection.certificates) == chain
    leaf_seen = got.connection.certificates[0]
    expected = "other.example.com" if case == "wrong-host" else "mcp.example.com"
    assert leaf_seen.names == (expected,)
    assert leaf_seen.self_signed is (case == "self-signed")
    assert got.connection.sni == "mcp.example.com"
    assert got.connection.peer == f"127.0.0.1:{server.port}"


async def test_expired_and_wrong_host_are_both_told(proxied: Start, authority: trustme.CA) -> None:
    leaf = authority.issue_cert("other.example.com", not_before=NOW - 9 * DAY, not_after=NOW - DAY)
    async with serve(answers(ok()), tls_context(leaf)) as server, proxied(to(server)) as proxy:
        got = await proxy.get(PUBLIC)
    told = " ".join(got.connection.verify_errors)
    assert "hostname mismatch" in told
    assert "expired" in told


async def test_plain_http_on_a_tls_port(proxied: Start) -> None:
    async with (
        serve(_greets(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server,
        proxied(to(server)) as proxy,
    ):
        got = await proxy.get(PUBLIC)
    assert _kind(got.failure) is FailureKind.NOT_TLS


async def test_only_tls_1_1(proxied: Start, server_tls: ssl.SSLContext) -> None:
    server_tls.set_ciphers("DEFAULT@SECLEVEL=0")
    server_tls.minimum_version = ssl.TLSVersion.TLSv1
    server_tls.maximum_version = ssl.TLSVersion.TLSv1_1
    async with serve(answers(ok()), server_tls) as server, proxied(to(server)) as proxy:
        got = await proxy.get(PUBLIC)
    assert _kind(got.failure) is FailureKind.TLS


async def test_closed_in_the_handshake(proxied: Start) -> None:
    async def close(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read(10)

    async with serve(close) as server, proxied(to(server)) as proxy:
        got = await proxy.get(PUBLIC)
    assert _kind(got.failure) is FailureKind.TLS
    assert got.failure is not None
    assert "during the TLS handshake" in got.failure.text


async def test_handshake_hangs_until_the_client_leaves(proxied: Start) -> None:
    async with serve(idle) as server, proxied(to(server), patience=0.2) as proxy:
        got = await proxy.get(PUBLIC)
    assert _kind(got.failure) is FailureKind.TIMEOUT
    assert got.timing.connect is not None
    assert got.timing.tls is None


async def test_the_cut_is_the_failure(proxied: Start) -> None:
    cut = Failure(FailureKind.TIMEOUT, "no answer within 0.2 s")
    async with serve(idle) as server, proxied(to(server, scheme="http"), patience=0.2) as proxy:
        with pytest.raises(httpx.ReadTimeout):
            await proxy.client.get(PUBLIC, headers={"x-harness-exchange": "cut"})
        got = await proxy.engine.captured("cut", cut=cut)
    assert got.failure == cut
    assert got.response is None


async def test_refused(proxied: Start) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        route = Route({PUBLIC: f"http://127.0.0.1:{port}"})
        route.allow(PUBLIC)
        async with proxied(route) as proxy:
            got = await proxy.get(PUBLIC)
    assert _kind(got.failure) is FailureKind.REFUSED
    assert got.failure is not None
    assert f"127.0.0.1:{port}" in got.failure.text


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (socket.EAI_NONAME, FailureKind.DNS),
        (socket.EAI_AGAIN, FailureKind.DNS_TEMPORARY),
    ],
)
async def test_name_does_not_resolve(proxied: Start, number: int, kind: FailureKind) -> None:
    async def fail(host: str) -> list[str]:
        raise socket.gaierror(number, "the resolver's words")

    route = Route(resolve=fail)
    route.allow("https://nowhere.example")
    async with proxied(route) as proxy:
        got = await proxy.get("https://nowhere.example/mcp")
    assert _kind(got.failure) is kind
    assert got.failure is not None
    assert "nowhere.example" in got.failure.text
    assert "the resolver's words" in got.failure.text


async def test_resolver_hangs(proxied: Start) -> None:
    async def hang(host: str) -> list[str]:
        await asyncio.Event().wait()
        return []

    route = Route(resolve=hang, connect_timeout=0.1)
    route.allow("https://slow.example")
    async with proxied(route) as proxy:
        got = await proxy.get("https://slow.example")
    assert _kind(got.failure) is FailureKind.DNS_TEMPORARY


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (ConnectFault.BLACK_HOLE, FailureKind.CONNECT_TIMEOUT),
        (ConnectFault.REFUSED, FailureKind.REFUSED),
        (ConnectFault.NO_NETWORK, FailureKind.NO_NETWORK),
        (ConnectFault.RESET, FailureKind.RESET),
    ],
)
async def test_connect_faults(proxied: Start, fault: ConnectFault, kind: FailureKind) -> None:
    network = Network(connects={"mcp.example.com": fault})
    async with serve(answers(ok())) as server:
        route = to(server, scheme="http", connect_timeout=0.1)
        async with proxied(route, network=network) as proxy:
            got = await proxy.get(PUBLIC)
    assert _kind(got.failure) is kind
    assert got.response is None


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (DnsFault.UNKNOWN, FailureKind.DNS),
        (DnsFault.TEMPORARY, FailureKind.DNS_TEMPORARY),
    ],
)
async def test_dns_faults_reach_mapped_names(
    proxied: Start, fault: DnsFault, kind: FailureKind
) -> None:
    network = Network(answers={"mcp.example.com": fault})
    async with (
        serve(answers(ok())) as server,
        proxied(to(server, scheme="http"), network=network) as proxy,
    ):
        got = await proxy.get(PUBLIC)
    assert _kind(got.failure) is kind
    assert server.connections == 0


async def test_closed_before_a_response(proxied: Start, server_tls: ssl.SSLContext) -> None:
    async with serve(then_close(b""), server_tls) as server, proxied(to(server)) as proxy:
        got = await proxy.get(PUBLIC)
    assert got.response is None
    assert _kind(got.failure) is FailureKind.RESET


async def test_reset_before_a_response(proxied: Start) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        # Closing with a zero linger time sends RST instead of FIN.
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    async with serve(reset) as server, proxied(to(server, scheme="http")) as proxy:
        got = await proxy.get(PUBLIC)
    assert got.response is None
    assert _kind(got.failure) is FailureKind.RESET
    assert got.failure is not None
    assert "reset the connection" in got.failure.text


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n",
    ],
)
async def test_truncated_body(proxied: Start, sent: bytes) -> None:
    async with serve(then_close(sent)) as server, proxied(to(server, scheme="http")) as proxy:
        got = await proxy.get(PUBLIC)
    assert got.response is not None
    assert got.response.status == 200
    assert got.response.body == b"only this"
    assert got.response.truncated
    assert _kind(got.failure) is FailureKind.RESET


@pytest.mark.parametrize(
    "sent",
    [
        b"this is no HTTP\r\n\r\n",
        b"\x00\xff\xfe garbage that ends",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad Name: x\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot-a-size\r\n",
    ],
)
async def test_garbage(proxied: Start, sent: bytes) -> None:
    async with serve(then_close(sent)) as server, proxied(to(server, scheme="http")) as proxy:
        got = await proxy.get(PUBLIC)
    assert _kind(got.failure) is FailureKind.PROTOCOL
    assert got.failure is not None
    assert "mcp.example.com" in got.failure.text


async def test_headers_that_never_end(proxied: Start) -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-Filler: " + b"x" * 1000 + b"\r\n")
            await writer.drain()

    async with serve(flood) as server, proxied(to(server, scheme="http")) as proxy:
        got = await proxy.get(PUBLIC)
    assert _kind(got.failure) is FailureKind.TOO_LARGE
    assert got.response is None


async def test_no_answer_until_the_client_leaves(proxied: Start) -> None:
    async with serve(idle) as server, proxied(to(server, scheme="http"), patience=0.2) as proxy:
        got = await proxy.get(PUBLIC)
    assert got.response is None
    assert _kind(got.failure) is FailureKind.TIMEOUT


def _greets(words: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(words)
        await writer.drain()

    return talk


def _kind(failure: Failure | None) -> FailureKind | None:
    return failure.kind if failure else None
