"""What the tap records, and that it changes nothing on the way."""

import asyncio
import gzip
import json
import ssl

import brotli
import httpx
import pytest
import zstandard
from proxy_lab import PUBLIC, Start, answers, ok, serve, then_close, to

from harness.model.captured import Captured
from harness.model.trace import FailureKind
from harness.proxy import tap
from harness.proxy.body import Limits
from harness.proxy.engine import ProxyError
from harness.proxy.http1 import Http1Upstream
from harness.proxy.route import Route

SMALL = Limits(wire=20_000, decoded=40_000)


async def test_request_and_response_over_tls(proxied: Start, server_tls: ssl.SSLContext) -> None:
    async with serve(answers(ok(b'{"a": 1}')), server_tls) as server, proxied(to(server)) as proxy:
        got = await proxy.send("POST", f"{PUBLIC}/mcp?x=%20y", json={"method": "initialize"})
    assert got.failure is None
    assert got.request.method == "POST"
    assert got.request.url == f"{PUBLIC}/mcp?x=%20y"
    assert json.loads(got.request.body) == {"method": "initialize"}
    assert got.response is not None
    assert (got.response.status, got.response.reason) == (200, "OK")
    assert got.response.json == {"a": 1}
    assert got.response.wire_size == 8
    assert not got.response.truncated
    assert got.connection.host == "mcp.example.com"
    assert got.connection.peer == f"127.0.0.1:{server.port}"
    assert got.connection.mapped_to == f"https://127.0.0.1:{server.port}"
    assert got.connection.sni == "mcp.example.com"
    assert got.connection.tls_version == "TLSv1.3"
    assert got.connection.certificates[0].names == ("mcp.example.com",)
    assert got.connection.verify_errors == ()
    phases = (got.timing.connect, got.timing.tls, got.timing.wait, got.timing.read)
    assert all(phase is not None and phase >= 0 for phase in phases)
    assert got.timing.total > 0


async def test_headers_pass_byte_for_byte(proxied: Start) -> None:
    heads: list[bytes] = []
    sent = (
        b"HTTP/1.1 401 Nope\r\nx-LOWER: 1\r\nWWW-Authenticate: Bearer a=1\r\nContent-Length: 0\r\n"
        b"WWW-Authenticate: Basic\r\nX-Latin: caf\xe9\r\n\r\n"
    )

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(sent)

    headers = [("X-b", "1"), ("accept", "application/json"), ("x-A", "2"), ("X-b", "3")]
    async with serve(talk) as server:
        route = Route()
        route.allow(server.http)
        async with proxied(route) as proxy:
            got = await proxy.get(f"{server.http}/p", headers=headers)
    names = [name for name, _ in got.request.headers]
    assert [name for name in names if name in ("X-b", "accept", "x-A")] == [
        "X-b", "accept", "x-A", "X-b"
    ]  # fmt: skip
    lines = [b"GET /p HTTP/1.1", *(f"{n}: {v}".encode() for n, v in got.request.headers)]
    assert heads == [b"\r\n".join(lines) + b"\r\n\r\n"]
    assert b"harness" not in heads[0].lower()
    assert got.response is not None
    assert got.response.headers == (
        ("x-LOWER", "1"),
        ("WWW-Authenticate", "Bearer a=1"),
        ("Content-Length", "0"),
        ("WWW-Authenticate", "Basic"),
        ("X-Latin", "café"),
    )
    assert got.response.reason == "Nope"


async def test_one_connection_serves_many_requests(
    proxied: Start, server_tls: ssl.SSLContext
) -> None:
    async with serve(answers(ok()), server_tls) as server, proxied(to(server)) as proxy:
        got = [await proxy.get(f"{PUBLIC}/{n}") for n in range(4)]
    assert server.connections == 1
    assert [one.failure for one in got] == [None] * 4
    assert got[0].timing.connect is not None
    assert [one.timing.connect for one in got[1:]] == [None] * 3
    assert got[3].connection.certificates == got[0].connection.certificates
    assert got[3].connection.peer == got[0].connection.peer


async def test_public_https_to_local_http(proxied: Start) -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(ok())

    async with serve(talk) as server, proxied(to(server, scheme="http")) as proxy:
        got = [await proxy.get(f"{PUBLIC}/mcp") for _ in range(4)]
    assert server.connections == 1
    assert b"\r\nHost: mcp.example.com\r\n" in heads[0]
    assert b"\r\nX-Forwarded-Proto: https\r\n" in heads[0]
    assert b"\r\nX-Forwarded-Host: mcp.example.com\r\n" in heads[0]
    assert b"\r\nX-Forwarded-For: 127.0.0.1\r\n" in heads[0]
    assert heads[3] == heads[0]
    assert got[0].request.url == f"{PUBLIC}/mcp"
    assert got[0].request.header("x-forwarded-proto") is None
    assert got[0].connection.mapped_to == server.http
    assert got[0].connection.port == 443


@pytest.mark.parametrize(
    ("coding", "encode"),
    [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
async def test_content_codings_are_undone(proxied: Start, coding: str, encode: object) -> None:
    coded = encode(b"hello " * 100)  # type: ignore[operator]
    sent = ok(coded, b"Content-Encoding: " + coding.encode())
    async with serve(answers(sent)) as server, proxied(to(server, scheme="http")) as proxy:
        got = await proxy.get(PUBLIC)
    assert got.response is not None
    assert got.response.body == b"hello " * 100
    assert got.response.wire_size == len(coded)
    assert got.response.encoding_error is None


@pytest.mark.parametrize("coding", [b"gzip", b"br", b"zstd", b"deflate", b"rot13"])
async def test_broken_content_coding_keeps_the_raw_body(proxied: Start, coding: bytes) -> None:
    sent = ok(b"this is not compressed", b"Content-Encoding: " + coding)
    async with serve(answers(sent)) as server, proxied(to(server, scheme="http")) as proxy:
        got = await proxy.get(PUBLIC)
    assert got.response is not None
    assert got.response.encoding_error
    assert got.response.body == b"this is not compressed"
    assert got.failure is None


async def test_decompression_bomb(proxied: Start) -> None:
    sent = ok(gzip.compress(b"0" * 10_000_000), b"Content-Encoding: gzip")
    async with (
        serve(answers(sent)) as server,
        proxied(to(server, scheme="http"), limits=SMALL) as proxy,
    ):
        got = await proxy.get(PUBLIC)
    assert got.failure is not None
    assert got.failure.kind is FailureKind.TOO_LARGE
    assert got.response is not None
    assert got.response.truncated
    assert got.response.body == b"0" * SMALL.decoded


@pytest.mark.parametrize("framing", [b"Transfer-Encoding: chunked", b"Connection: close"])
async def test_body_without_end(proxied: Start, framing: bytes) -> None:
    gone = asyncio.Event()
    chunk = b"x" * 1000
    if framing.startswith(b"Transfer"):
        chunk = b"3e8\r\n" + chunk + b"\r\n"

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
        try:
            while True:
                writer.write(chunk)
                await writer.drain()
        finally:
            gone.set()

    async with (
        serve(talk) as server,
        proxied(to(server, scheme="http"), limits=SMALL) as proxy,
    ):
        got = await proxy.get(PUBLIC)
        await asyncio.wait_for(gone.wait(), 5)
    assert got.failure is not None
    assert got.failure.kind is FailureKind.TOO_LARGE
    assert got.response is not None
    assert got.response.truncated
    assert got.response.body == b"x" * SMALL.wire


async def test_fifty_megabytes(proxied: Start) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(50):
            writer.write(b"x" * 1_000_000)
            await writer.drain()

    async with serve(talk) as server, proxied(to(server, scheme="http")) as proxy:
        got = await proxy.get(PUBLIC)
    assert got.failure is not None
    assert got.failure.kind is FailureKind.TOO_LARGE
    assert got.response is not None
    assert len(got.response.body) == Limits().wire


async def test_event_stream_passes_on_and_is_kept_when_the_client_leaves(proxied: Start) -> None:
    read_one = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n")
        # The second event is sent only after the client has read the first.
        await read_one.wait()
        writer.write(b"9\r\ndata: 2\n\n\r\n")
        await reader.read()

    async with serve(talk) as server, proxied(to(server, scheme="http")) as proxy:
        seen = []
        headers = {"x-harness-exchange": "events"}
        async with proxy.client.stream("GET", PUBLIC, headers=headers) as response:
            async for chunk in response.aiter_raw():
                seen.append(chunk)
                read_one.set()
                if len(seen) == 2:
                    break
        got = await proxy.engine.captured("events")
    assert seen == [b"data: 1\n\n", b"data: 2\n\n"]
    assert got.response is not None
    assert got.response.body == b"data: 1\n\ndata: 2\n\n"
    assert got.response.truncated
    assert got.failure is None


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
    ],
)
async def test_interim_responses_are_skipped(proxied: Start, interim: bytes) -> None:
    async with (
        serve(answers(interim + ok(b"final"))) as server,
        proxied(to(server, scheme="http")) as proxy,
    ):
        first, second = await proxy.get(PUBLIC), await proxy.get(PUBLIC)
    assert first.response is not None
    assert (first.response.status, first.response.body) == (200, b"final")
    assert second.response is not None
    assert (second.response.status, second.response.body) == (200, b"final")


async def test_trailers_do_not_break_the_exchange(proxied: Start) -> None:
    sent = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
        b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"
    )
    async with serve(answers(sent)) as server, proxied(to(server, scheme="http")) as proxy:
        got = await proxy.get(PUBLIC)
    assert got.failure is None
    assert got.response is not None
    assert got.response.body == b"hello"
    assert not got.response.truncated


async def test_length_and_chunks_together_are_read_as_chunks(proxied: Start) -> None:
    # RFC 9112 section 6.3: Transfer-Encoding overrides Content-Length.
    sent = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n0\r\n\r\n"
    )
    async with serve(then_close(sent)) as server, proxied(to(server, scheme="http")) as proxy:
        got = await proxy.get(PUBLIC)
    assert got.failure is None
    assert got.response is not None
    assert got.response.body == b"hello"


async def test_head_has_no_body(proxied: Start) -> None:
    sent = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\n"
    async with serve(answers(sent)) as server, proxied(to(server, scheme="http")) as proxy:
        got = await proxy.send("HEAD", PUBLIC)
    assert got.failure is None
    assert got.response is not None
    assert (got.response.body, got.response.encoding_error) == (b"", None)


async def test_untagged_exchanges_go_to_the_observer(proxied: Start) -> None:
    seen: list[Captured] = []
    async with (
        serve(answers(ok())) as server,
        proxied(to(server, scheme="http"), on_untagged=seen.append) as proxy,
    ):
        await proxy.client.get(f"{PUBLIC}/page")
        await proxy.get(f"{PUBLIC}/tagged")
        await proxy.client.get("https://evil.example/")
    assert [one.request.url for one in seen] == [f"{PUBLIC}/page", "https://evil.example/"]
    assert seen[0].response is not None
    assert seen[0].response.body == b"hello"


async def test_unknown_tag(proxied: Start) -> None:
    async with proxied(Route()) as proxy:
        with pytest.raises(ProxyError, match="'nothing'"):
            await proxy.engine.captured("nothing")


@pytest.mark.parametrize("broken", ["describe_request", "_with_body"])
async def test_a_broken_hook_lets_nothing_through(
    proxied: Start, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("our own bug")

    monkeypatch.setattr(tap, broken, fail)
    async with serve(answers(ok())) as server, proxied(to(server, scheme="http")) as proxy:
        with pytest.raises(httpx.TransportError):
            await proxy.client.get(PUBLIC, headers={"x-harness-exchange": "x"})
        if broken == "describe_request":
            with pytest.raises(ProxyError):
                await proxy.engine.captured("x")
        else:
            got = await proxy.engine.captured("x")
            assert got.failure is not None
            assert got.failure.kind is FailureKind.OTHER
            assert "our own bug" in got.failure.text
        assert any("our own bug" in line for line in proxy.engine.log)
    assert server.connections == 0


async def test_a_crash_inside_mitmproxy_ends_the_exchange(
    proxied: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("mitmproxy's bug")

    monkeypatch.setattr(Http1Upstream, "read_headers", fail)
    async with serve(answers(ok())) as server, proxied(to(server, scheme="http")) as proxy:
        got = await proxy.get(PUBLIC)
    assert got.failure is not None
    assert got.failure.kind is FailureKind.OTHER
    assert got.response is None
