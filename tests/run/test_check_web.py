"""`harness check --web`: the page is there during the check and after it, until it is ended."""

import asyncio
import re
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest


async def test_the_page_stays_until_it_is_ended_and_the_report_follows(tmp_path: Path) -> None:
    check = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "harness", "check", "--fault", "prm-requires-auth"),
        *("--no-record", "--web"),
        cwd=tmp_path,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert check.stderr is not None
    try:
        said = (await asyncio.wait_for(check.stderr.readuntil(b"the report follows."), 60)).decode()
        found = re.search(r"(http://\S+)\?token=(\S+)", said)
        assert found, said
        assert "tokens and passwords" in said
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{found[1]}flows")).status_code == 403
            flows = (await client.get(f"{found[1]}flows?token={found[2]}")).json()
        check.send_signal(signal.SIGINT)
        out, rest = await asyncio.wait_for(check.communicate(), 20)
    finally:
        if check.returncode is None:
            check.kill()
            await check.wait()
    assert check.returncode == 1, rest.decode()
    assert "prm-requires-auth" in out.decode()
    assert "Traceback" not in rest.decode()
    comments = [one["comment"] for one in flows]
    assert comments[0].startswith("challenge, initialize: exchange 1 of the check as claude-ai")
    assert all(comments)
    held = [one for one in flows if "prm-requires-auth" in one["comment"]]
    assert held
    assert {one["marked"] for one in held} == {"🔴"}
    assert all("/.well-known/oauth-protected-resource" in one["request"]["path"] for one in held)
    assert all(one["response"]["contentLength"] is not None for one in flows)
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection("127.0.0.1", urlsplit(found[1]).port)
