import asyncio
import json
import signal
import ssl
import sys
import urllib.request
from pathlib import Path

import httpx
import pytest
from plain_client import ACCEPT, LoopbackTransport, PlainClient

from reference_server.certificates import issue
from reference_server.serve import local_settings, running
from reference_server.settings import Settings


async def test_a_given_certificate_is_presented() -> None:
    certificate = issue("mcp.reference.test")
    async with running(certificate=certificate) as server:
        assert server.ca_pem == certificate.ca
        trust = ssl.create_default_context(cadata=certificate.ca.decode())
        _, writer = await asyncio.open_connection(
            "127.0.0.1", server.port, ssl=trust, server_hostname="mcp.reference.test"
        )
        writer.close()
        await writer.wait_closed()


async def test_without_tls_there_is_no_authority() -> None:
    async with running(tls=False) as server:
        assert server.ca_pem == b""
        assert server.origin == f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(transport=LoopbackTransport(server.port)) as http:
            assert (await http.post("http://mcp.reference.test/mcp")).status_code == 401


async def test_two_servers_run_side_by_side_and_leave_nothing_behind() -> None:
    before = asyncio.all_tasks()
    async with running(tls=False) as one, running(tls=False) as two:
        assert one.port != two.port
    assert asyncio.all_tasks() == before
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", one.port)


async def test_signal_handlers_stay_as_they_were() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with running(tls=False):
        during = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert before == during


@pytest.mark.parametrize("bent", [False, True])
async def test_it_stops_while_an_event_stream_is_open(bent: bool) -> None:
    before = asyncio.all_tasks()
    async with asyncio.timeout(20):
        async with httpx.AsyncClient() as http:
            async with running(
                local_settings(Settings(), 0, tls=False),
                tls=False,
                bend_answer=(lambda _, answer: answer) if bent else None,
            ) as server:
                http._transport = LoopbackTransport(server.port)
                client = PlainClient(http, server.settings)
                token = (await client.tokens())["access_token"]
                parameters = {
                    "protocolVersion": "2025-11-25",
                    "capabilities": {},
                    "clientInfo": {"name": "x", "version": "1"},
                }
                opened = await client.rpc(token, "initialize", parameters)
                headers = {
                    "Authorization": f"Bearer {token}",
                    "Accept": ACCEPT,
                    "Mcp-Session-Id": opened.headers["mcp-session-id"],
                }
                request = http.build_request("GET", server.settings.resource, headers=headers)
                stream = await http.send(request, stream=True)
                assert stream.status_code == 200
            with pytest.raises(httpx.RemoteProtocolError):
                await stream.aread()
    assert asyncio.all_tasks() == before


async def test_in_the_foreground_it_says_where_it_is_and_stops_on_a_signal(
    tmp_path: Path,
) -> None:
    ca_file = tmp_path / "ca.pem"
    command = ("-m", "reference_server", "--port", "0", "--ca-file", str(ca_file))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            lines = [(await process.stdout.readline()).decode() for _ in range(3)]
            resource = lines[0].split()[-1]
            assert lines[1].split()[-1] == str(ca_file)
            trust = ssl.create_default_context(cafile=str(ca_file))
            origin = resource.removesuffix("/mcp")
            url = f"{origin}/.well-known/oauth-protected-resource/mcp"

            def fetch() -> object:
                with urllib.request.urlopen(url, context=trust) as response:
                    return json.load(response)

            document = await asyncio.to_thread(fetch)
            assert document["resource"] == resource
            assert document["authorization_servers"] == [origin]
            process.terminate()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
