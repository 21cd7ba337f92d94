"""A `harness watch` in a process of its own, for tests of what comes through it."""

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Running:
    """A watch in a process of its own."""

    process: asyncio.subprocess.Process
    port: int
    report: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def end(self) -> tuple[int, str, list[dict[str, Any]]]:
        """Interrupt it: exit code, what it printed, and the attempts of its report."""
        self.process.send_signal(signal.SIGINT)
        out, _ = await asyncio.wait_for(self.process.communicate(), 20)
        runs = json.loads(self.report.read_text()) if self.report.exists() else {"surfaces": []}
        return self.process.returncode or 0, out.decode(), runs["surfaces"]


@asynccontextmanager
async def watching(
    folder: Path, upstream: str, *more: str, port: int = 0
) -> AsyncIterator[Running]:
    report = folder / "report.json"
    (folder / "recordings").mkdir(exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "harness", "watch", "--upstream", upstream),
        *("--listen", f"127.0.0.1:{port}", "--format", "json", "-o", str(report), *more),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        line = (await asyncio.wait_for(process.stderr.readline(), 20)).decode()
        found = re.search(r"watching http://127\.0\.0\.1:(\d+)", line)
        assert found, line + (await process.stderr.read()).decode()
        yield Running(process, int(found[1]), report)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
