"""Finds the installed `claude` and runs it with a throw-away configuration and no way around us."""

import asyncio
import contextlib
import fcntl
import os
import re
import shutil
import signal
import termios
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.run.caretaker import Tended, tended

HOW_TO_GET_IT = "npm install -g @anthropic-ai/claude-code"
_MOST_OUTPUT = 256 * 1024
GRACE = 2.0
"""Seconds that may lie between the end of a program and that of its output, either way round."""
_ESCAPES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;?]*[ -/]*[@-~]")


class WitnessError(Exception):
    """The real client cannot be run; the message is one sentence for the user."""


@dataclass(frozen=True)
class Program:
    """The binary, and the only environment it is given."""

    binary: Path
    home: Tended
    environment: Mapping[str, str]


@dataclass
class Running:
    """A started command; `text` is what it has printed so far, without escape sequences."""

    process: asyncio.subprocess.Process
    text: str = ""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def printed(self, pattern: re.Pattern[str], seconds: float) -> str | None:
        """The first match in the output; None when the command ends or takes longer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while (found := pattern.search(self.text)) is None and not self._over:
                    self._news.clear()
                    await self._news.wait()
        found = pattern.search(self.text)
        return found[0] if found else None

    async def end(self, seconds: float) -> int | None:
        """The exit code; None when the command takes longer."""
        try:
            async with asyncio.timeout(seconds):
                code = await self.process.wait()
        except TimeoutError:
            return None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while not self._over:
                    self._news.clear()
                    await self._news.wait()
        return code

    _over: bool = False

    async def read(self) -> None:
        """Take in the output until its end."""
        stream = self.process.stdout
        assert stream is not None
        raw = b""
        while data := await stream.read(4096):
            raw = (raw + data)[:_MOST_OUTPUT]
            self.text = _ESCAPES.sub("", raw.decode("utf-8", errors="replace")).replace("\r", "")
            self._news.set()
        self._over = True
        self._news.set()


def find(given: Path | None) -> Path:
    """The binary to run; raises WitnessError."""
    if given is not None:
        if not given.is_file() or not os.access(given, os.X_OK):
            raise WitnessError(f"{given} is no program that can be run.")
        return given.absolute()
    found = shutil.which("claude")
    if found is None:
        raise WitnessError(
            f"Claude Code is not installed; get it with `{HOW_TO_GET_IT}`, "
            "or name the program with --witness-path."
        )
    return Path(found).absolute()


@contextmanager
def program(
    binary: Path, *, proxy_url: str, ca_file: Path, secrets: Mapping[str, str]
) -> Iterator[Program]:
    """The program with an empty home that is deleted at the end, also of a process that is killed.

    Nothing of the user's environment reaches it but what it takes to find other programs, so
    neither their configuration nor a key of theirs does; `secrets` are further variables.
    """
    with tended("harness-witness-") as home:
        name = str(home.folder)
        configuration = home.folder / "configuration"
        configuration.mkdir(mode=0o700)
        yield Program(
            binary,
            home,
            {
                "PATH": os.environ.get("PATH", os.defpath),
                "LANG": os.environ.get("LANG", "C.UTF-8"),
                "TERM": "dumb",
                "HOME": name,
                "TMPDIR": name,
                "XDG_CONFIG_HOME": name,
                "XDG_CACHE_HOME": name,
                "CLAUDE_CONFIG_DIR": str(configuration),
                "HTTPS_PROXY": proxy_url,
                "HTTP_PROXY": proxy_url,
                "NODE_EXTRA_CA_CERTS": str(ca_file),
                "DISABLE_AUTOUPDATER": "1",
                **secrets,
            },
        )


@asynccontextmanager
async def started(one: Program, *arguments: str) -> AsyncIterator[Running]:
    """A command of the program; it and all it started are gone when the block ends.

    Its input is a terminal of its own, without which it signs nobody in.
    """

    def prepare() -> None:
        one.home.began(os.getpid())
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    master, slave = os.openpty()
    try:
        process = await asyncio.create_subprocess_exec(
            one.binary,
            *arguments,
            cwd=one.home.folder,
            env=one.environment,
            stdin=slave,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=prepare,
        )
    except (OSError, asyncio.CancelledError) as error:
        os.close(master)
        if isinstance(error, OSError):
            raise WitnessError(f"{one.binary} cannot be run: {error.strerror}.") from None
        raise
    finally:
        os.close(slave)
    running = Running(process)
    reading = asyncio.create_task(running.read())
    try:
        yield running
    finally:
        # First what cannot be interrupted: nothing it holds is worth a farewell.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        os.close(master)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        await process.wait()
        one.home.ended(process.pid)


async def said(one: Program, *arguments: str, seconds: float) -> str:
    """What a command printed; raises WitnessError when it fails or does not end in time."""
    async with started(one, *arguments) as running:
        code = await running.end(seconds)
        words = f"`claude {' '.join(arguments[:2])}`"
        if code is None:
            raise WitnessError(f"{words} did not end within {seconds:g} seconds.")
        if code != 0:
            raise WitnessError(f"{words} failed: {last_line(running.text) or f'exit code {code}'}")
        return running.text


def last_line(text: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:500] if lines else ""
