"""A running `harness watch`, and a client that is led to it."""

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

from harness.client.choices import Choices
from harness.model.verdict import Surface, Verdict
from harness.run.check import Plan, checked
from harness.run.reference import Reference

AUTH = "https://auth.reference.test"


@dataclass
class Running:
    """A watch in a process of its own."""

    process: asyncio.subprocess.Process
    port: int
    report: Path
    said: str = ""
    """What it printed when it began."""

    @property
    def page(self) -> str | None:
        """Where mitmweb is, with its token."""
        found = re.search(r"http://\S+\?token=\S+", self.said)
        return found and found[0]

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
        if "--web" in more:
            while "passwords" not in line:
                line += (await asyncio.wait_for(process.stderr.readline(), 20)).decode()
        yield Running(process, int(found[1]), report, line)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def before(server: Reference) -> tuple[str, ...]:
    """The options of a watch in front of the reference server."""
    local = server.maps[0][1]
    authority = [part for one in server.ca_files for part in ("--ca", str(one))]
    return (*authority, "--public", server.target, "--also-upstream", f"{AUTH}={local}")


async def check(server: Reference, running: Running, surface: Surface) -> Verdict:
    """Our client, led to the watch by the public names."""
    maps = tuple((public, running.url) for public, _ in server.maps)
    choices = Choices(target=server.target, explores=False)
    plan = Plan(choices=choices, surface=surface, maps=maps)
    return (await checked(plan, record=None)).diagnosis.verdict
