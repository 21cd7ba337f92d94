"""Clients nobody here wrote connect through a watch to a server nobody here wrote."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from servers import FOREIGN, free_ports, installable, serving
from watching import watching

from harness.recording.file import load
from harness.run.session import judged

FASTMCP = next(one for one in FOREIGN if one.name == "fastmcp")
SDK_CLIENT = Path(__file__).parent / "apps" / "sdk_client.py"

pytestmark = pytest.mark.skipif(not installable(FASTMCP), reason="no python here")


async def sdk_client(url: str) -> str:
    """The official SDK's client with its OAuth, which prints the tools it was given."""
    uv = shutil.which("uv")
    assert uv is not None
    process = await asyncio.create_subprocess_exec(
        *(uv, "run", "--isolated", "--no-project", "--with", "mcp==2.3.0", "python"),
        *(str(SDK_CLIENT), url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "NO_PROXY": "*"},
    )
    out, _ = await asyncio.wait_for(process.communicate(), 90)
    return out.decode()


async def test_the_official_sdk_connects_and_is_recognised(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with serving(FASTMCP, public=f"http://127.0.0.1:{port}") as served:
        async with watching(tmp_path, served.origins[0][1], port=port) as running:
            assert "tools: add" in await sdk_client(f"{running.url}/mcp")
            code, out, (attempt,) = await running.end()
    assert code == 0, out
    assert attempt["verdict"] == "connects"
    assert attempt["surface"] == "mcp-spec"
    status = {one["step"]: one["status"] for one in attempt["steps"]}
    for step in ("challenge", "resource-metadata", "server-metadata", "registration"):
        assert status[step] in ("ok", "warn"), (step, out)
    for step in ("authorize", "token", "connect", "session"):
        assert status[step] == "ok", (step, out)
    assert not [one for one in attempt["findings"] if one["impact"] == "breaks"]
    assert " mcp " in out
    (kept,) = (tmp_path / "recordings").iterdir()
    assert str(judged(load(kept)).diagnosis.verdict) == "connects"
