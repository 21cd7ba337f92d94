"""`harness watch` in front of the reference server, with clients that do not know of it."""

import asyncio
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from watching import AUTH, Running, before, check, watching

from harness.client.choices import Choices
from harness.diagnosis.catalogue import scenario
from harness.model.verdict import Surface, Verdict
from harness.recording.file import load
from harness.run.check import Plan, checked
from harness.run.reference import reference
from harness.run.session import judged


@pytest.mark.parametrize("surface", [Surface.CLAUDE_AI, Surface.CLAUDE_CODE])
async def test_a_connection_is_recognised_and_recorded(surface: Surface, tmp_path: Path) -> None:
    async with (
        reference() as server,
        watching(tmp_path, server.maps[0][1], *before(server)) as running,
    ):
        assert await check(server, running, surface) is Verdict.CONNECTS
        code, out, (attempt,) = await running.end()
    assert code == 0
    assert attempt["surface"] == surface
    assert attempt["verdict"] == "connects"
    assert attempt["findings"] == attempt["unexplained"] == []
    assert re.search(r" 1 (claude\.ai|Claude Code) +token +POST /oauth/token +200 ", out)
    assert max(len(one) for one in out.splitlines() if "recordings/" not in one) <= 80
    (kept,) = (tmp_path / "recordings").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "eyJ" not in kept.read_text()
    again = judged(load(kept))
    assert again.diagnosis.verdict is Verdict.CONNECTS
    assert [str(one.status) for one in again.diagnosis.steps] == [
        one["status"] for one in attempt["steps"]
    ]


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        ("prm-requires-auth", "resource-metadata"),
        ("as-no-registration-mechanism", "registration"),
        ("dcr-endpoint-404", "registration"),
        ("token-invalid-target", "token"),
        ("token-error-as-200", "token"),
        ("bearer-audience-mismatch", "connect"),
        ("bearer-403-valid-token", "connect"),
    ],
)
async def test_a_broken_server_is_judged_as_by_a_check(
    fault: str, step: str, tmp_path: Path
) -> None:
    found = scenario(fault)
    assert found is not None
    async with (
        reference((found,)) as server,
        watching(tmp_path, server.maps[0][1], *before(server)) as running,
    ):
        assert await check(server, running, Surface.CLAUDE_AI) is Verdict.FAILS
        code, _, (attempt,) = await running.end()
    assert code == 1
    assert (attempt["verdict"], attempt["stopped_at"]) == ("fails", step)
    causes = [one["id"] for one in attempt["findings"] if one["root_cause"]]
    assert causes == [fault]
    (kept,) = (tmp_path / "recordings").iterdir()
    again = judged(load(kept)).diagnosis
    assert (str(again.verdict), again.stopped_at) == ("fails", step)
    assert [one.id for one in again.findings if one.root_cause] == [fault]


async def test_a_kill_leaves_what_was_seen(tmp_path: Path) -> None:
    async with (
        reference() as server,
        watching(tmp_path, server.maps[0][1], *before(server)) as running,
    ):
        await check(server, running, Surface.CLAUDE_AI)
        running.process.kill()
        await running.process.wait()
    (kept,) = (tmp_path / "recordings").iterdir()
    trace = load(kept)
    assert trace.finished is None
    assert judged(trace).diagnosis.verdict is Verdict.CONNECTS


async def test_an_authorization_server_out_of_sight_is_named(tmp_path: Path) -> None:
    async with (
        reference() as server,
        watching(tmp_path, server.maps[0][1], *before(server)[:-2]) as running,
    ):
        local = server.maps[0][1]
        maps = tuple(
            (public, local if public == AUTH else running.url) for public, _ in server.maps
        )
        plan = Plan(
            choices=Choices(target=server.target, explores=False),
            maps=maps,
            ca_files=server.ca_files,
        )
        assert (await checked(plan, record=None)).diagnosis.verdict is Verdict.CONNECTS
        code, out, (attempt,) = await running.end()
    assert code == 0
    assert attempt["verdict"] == "connects"
    status = {one["step"]: one["status"] for one in attempt["steps"]}
    assert status["token"] == "skipped"
    assert f"what went to {AUTH} is not behind this proxy" in " ".join(out.split())


async def test_strangers_get_no_further_than_the_server(tmp_path: Path) -> None:
    async with (
        reference() as server,
        watching(tmp_path, server.maps[0][1], *before(server)) as running,
    ):
        for raw in (
            b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
            b"\x16\x03\x01\x00garbage\r\n\r\n",
            b"nonsense\x00\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ):
            assert b"200 OK" not in await sent(running.port, raw, last=True)
        reached = await sent(
            running.port, b"GET http://example.com/secret HTTP/1.1\r\nHost: example.com\r\n\r\n"
        )
        assert b"421" in reached.partition(b"\r\n")[0]
        assert await check(server, running, Surface.CLAUDE_AI) is Verdict.CONNECTS
        code, out, attempts = await running.end()
    assert (code, len(attempts)) == (0, 1)
    assert "Traceback" not in out


async def test_two_hundred_at_once_and_none_is_lost(tmp_path: Path) -> None:
    async with (
        reference() as server,
        watching(tmp_path, server.maps[0][1], *before(server)) as running,
        httpx.AsyncClient(limits=httpx.Limits(max_connections=200), timeout=30) as client,
    ):
        asks = [ask(client, running, number) for number in range(200)]
        assert set(await asyncio.gather(*asks)) == {401}
        _, out, attempts = await running.end()
    seen = sum(1 for line in out.splitlines() if " challenge " in line)
    assert seen == 200
    kept = [load(one) for one in (tmp_path / "recordings").iterdir()]
    assert sum(len(one.exchanges) for one in kept) == 200
    assert len(attempts) == len(kept)


async def test_a_server_that_is_away_is_told_and_found_again(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    async with (
        watching(tmp_path, f"http://127.0.0.1:{port}") as running,
        httpx.AsyncClient() as client,
    ):
        assert await ask(client, running, 1) == 502
        async with await asyncio.start_server(answer, "127.0.0.1", port):
            assert await ask(client, running, 2) == 401
        _, _, (away, back) = await running.end()
    assert (away["verdict"], away["stopped_at"]) == ("fails", "reach")
    assert back["verdict"] == "inconclusive"


async def test_a_recording_that_cannot_be_written_ends_in_a_sentence(tmp_path: Path) -> None:
    taken = tmp_path / "taken.jsonl"
    taken.write_text("mine")
    async with (
        reference() as server,
        watching(tmp_path, server.maps[0][1], *before(server), "--record", str(taken)) as running,
        httpx.AsyncClient() as client,
    ):
        assert await ask(client, running, 1) == 401
        _, err = await asyncio.wait_for(running.process.communicate(), 20)
    assert running.process.returncode == 2
    assert "exists already" in err.decode()
    assert taken.read_text() == "mine"


@pytest.mark.parametrize("web", [(), ("--web",)])
async def test_a_long_answer_comes_through_whole(web: Sequence[str], tmp_path: Path) -> None:
    size = 12 << 20

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size >> 16):
            writer.write(bytes(1 << 16))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        watching(tmp_path, f"http://127.0.0.1:{port}", *web) as running,
        httpx.AsyncClient(timeout=30) as client,
    ):
        got = await client.get(f"{running.url}/.well-known/oauth-protected-resource/mcp")
        assert len(got.content) == size
        await running.end()
    (kept,) = (tmp_path / "recordings").iterdir()
    (exchange,) = load(kept).exchanges
    assert exchange.response is not None
    assert exchange.response.truncated
    assert exchange.response.wire_size == size


@pytest.mark.parametrize("web", [(), ("--web",)])
async def test_events_are_passed_on_as_they_come(web: Sequence[str], tmp_path: Path) -> None:
    go_on = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: one\n\n")
        await writer.drain()
        await go_on.wait()
        writer.write(b"data: two\n\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        watching(tmp_path, f"http://127.0.0.1:{port}", *web) as running,
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", f"{running.url}/mcp") as response,
    ):
        events = response.aiter_text()
        assert await anext(events) == "data: one\n\n"
        go_on.set()
        assert await anext(events) == "data: two\n\n"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--upstream", "ftp://x"), "is not an http or https address"),
        (("--upstream", "http://127.0.0.1:1/mcp"), "an upstream is scheme, host and port alone"),
        (("--upstream", "http://127.0.0.1:1", "--listen", "here"), "is not HOST:PORT"),
        (("--upstream", "http://127.0.0.1:1", "--also-upstream", "https://a"), "PUBLIC=LOCAL"),
        (("--upstream", "http://127.0.0.1:1", "--public", "mcp.example.com"), "is not an http"),
    ],
)
async def test_mistakes_end_in_a_sentence(options: Sequence[str], says: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "harness", "watch", *options),
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2
    assert says in told.decode()
    assert "Traceback" not in told.decode()


async def ask(client: httpx.AsyncClient, running: Running, number: int) -> int:
    """One call without a token, of a client of its own."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}
    agent = {"User-Agent": f"client-{number}", "Host": "mcp.reference.test"}
    got = await client.post(f"{running.url}/mcp", json=call, headers=agent)
    return got.status_code


async def sent(port: int, raw: bytes, *, last: bool = False) -> bytes:
    """What comes back for some bytes, perhaps the last that are sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        if last:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(4096), 10)
    except (ConnectionError, TimeoutError):
        return b""
    finally:
        writer.close()
