"""Starting, stopping and the surroundings of the proxy."""

import asyncio
import logging
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import httpx
import pytest
from proxy_lab import PUBLIC, Start, answers, ok, serve, to

from harness.proxy.engine import ProxyError, engine
from harness.proxy.route import Route


async def _stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One chunk, and then nothing until the peer leaves."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
    await reader.read()


async def _never(asked: asyncio.Event, host: str) -> list[str]:
    asked.set()
    await asyncio.Event().wait()
    return []


async def test_three_runs_leave_no_task_listener_or_log_handler(confdir: Path) -> None:
    handlers = list(logging.getLogger().handlers)
    async with serve(_stream) as server:
        before = asyncio.all_tasks()
        for _ in range(3):
            asked = asyncio.Event()
            route = Route({PUBLIC: server.http}, resolve=partial(_never, asked))
            route.allow(PUBLIC)
            route.allow("https://slow.example")
            context = engine(routes=route, confdir=confdir)
            running = await context.__aenter__()
            port = running.port
            async with httpx.AsyncClient(
                proxy=running.url, verify=running.client_context(), trust_env=False
            ) as client:
                # One exchange streams, another waits for DNS.
                request = client.build_request("GET", PUBLIC)
                response = await client.send(request, stream=True)
                waiting = asyncio.create_task(client.get("https://slow.example"))
                await asked.wait()
                await context.__aexit__(None, None, None)
                with pytest.raises(httpx.RemoteProtocolError):
                    await response.aread()
                with pytest.raises(httpx.HTTPError):
                    (await waiting).raise_for_status()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
            left = {task for task in asyncio.all_tasks() - before if ".one()" not in repr(task)}
            if left:
                await asyncio.wait(left, timeout=2)
            assert {task for task in left if not task.done()} == set()
    assert logging.getLogger().handlers == handlers
    assert logging.getLogger("mitmproxy").handlers == []


async def test_port_in_use(confdir: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ProxyError, match=rf"127\.0\.0\.1:{port}.*in use"):
            async with engine(routes=Route(), port=port, confdir=confdir):
                pytest.fail("it started")


async def test_chosen_port(confdir: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with engine(routes=Route(), port=port, confdir=confdir) as running:
        assert running.port == port


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_bad_trusted_authority(confdir: Path, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ProxyError, match=r"ca\.pem"):
        async with engine(routes=Route(), trusted_ca=[path], confdir=confdir):
            pytest.fail("it started")


async def test_a_client_without_our_authority_is_refused(proxied: Start) -> None:
    async with (
        serve(answers(ok())) as server,
        proxied(to(server, scheme="http")) as proxy,
        httpx.AsyncClient(proxy=proxy.engine.url, trust_env=False) as stranger,
    ):
        with pytest.raises(httpx.ConnectError, match="verify failed"):
            await stranger.get(PUBLIC)


async def test_an_authority_trusted_before_is_not_trusted_again(
    proxied: Start, server_tls: object
) -> None:
    async with serve(answers(ok()), server_tls) as server:  # type: ignore[arg-type]
        async with proxied(to(server)) as proxy:
            trusted = await proxy.get(PUBLIC)
        async with proxied(to(server), trusted_ca=[]) as proxy:
            untrusted = await proxy.get(PUBLIC)
    assert trusted.failure is None
    assert untrusted.response is None


_IN_A_FRESH_HOME = """
import asyncio, sys
from pathlib import Path
import httpx
from harness.proxy.engine import engine
from harness.proxy.route import Route

async def main():
    async with engine(routes=Route()) as running:
        assert running.ca_file.is_relative_to(Path.home() / ".cache"), running.ca_file
        async with httpx.AsyncClient(
            proxy=running.url, verify=running.client_context(), trust_env=False
        ) as client:
            answer = await client.get("https://claude.ai/api/mcp/auth_callback?code=1&state=2")
            print(answer.status_code)

sys.stdin.readline()
asyncio.run(main())
"""


def test_two_first_starts_at_once_write_nothing_but_the_cache(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": ""}
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", _IN_A_FRESH_HOME],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("\n")
        run.stdin.flush()
    assert [run.communicate() for run in runs] == [("200\n", "")] * 2
    assert [entry.name for entry in tmp_path.iterdir()] == [".cache"]


def test_light_modules_do_not_import_mitmproxy() -> None:
    code = (
        "import sys; import harness.proxy.route, harness.proxy.callback, harness.model.captured, "
        "harness.proxy.network_fault, harness.proxy.decode, harness.proxy.dial; "
        "print('mitmproxy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_the_engine_imports_no_addon_it_does_not_run() -> None:
    code = (
        "import sys\n"
        "import harness.proxy.engine\n"
        "print(sorted(name for name in sys.modules if name.startswith('mitmproxy.addons.')))\n"
        "print(sorted({'flask', 'ldap3', 'tornado'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    addons, heavy = done.stdout.splitlines()
    assert len(addons.split(",")) <= 8
    assert heavy == "[]"
