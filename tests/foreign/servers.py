"""MCP servers with OAuth that other people wrote, each started in an environment of its own.

Python servers run under `uv run --isolated`; Node servers from a package folder in the user's
cache, installed once for each set of pinned versions. Everything listens on loopback, plain http.
"""

import fcntl
import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal
from urllib.parse import urlsplit

import httpx

APPS = Path(__file__).parent / "apps"
TAIL = 4000


class ForeignServerError(Exception):
    """A server that did not come up; the text ends with what it printed."""


@dataclass(frozen=True)
class Foreign:
    """One server: what to install, what to run and which options it has.

    `script` is called with PORT BASE_URL, and with AUTH_PORT AUTH_BASE_URL after them when
    `separate_issuer` says that the authorization server listens on a port of its own.
    `takes_public` is false for a server that cannot be told its public URL.
    """

    name: str
    runtime: Literal["python", "node"]
    packages: tuple[str, ...]
    script: str
    mcp_path: str = "/mcp"
    host: str = "127.0.0.1"
    separate_issuer: bool = False
    takes_public: bool = True


@dataclass(frozen=True)
class Served:
    """A running server: the MCP URL it believes in, and where each of its origins really is.

    `origins` pairs (origin as published, loopback origin); the two differ under a public name.
    """

    url: str
    origins: tuple[tuple[str, str], ...]


FOREIGN: tuple[Foreign, ...] = (
    Foreign(
        name="fastmcp",
        runtime="python",
        packages=("fastmcp==4.1.2",),
        script="fastmcp_in_memory.py",
    ),
    Foreign(
        name="mcp-python-sdk",
        runtime="python",
        packages=("mcp==2.3.0", "uvicorn==0.40.0"),
        script="mcp_python_sdk.py",
    ),
    Foreign(
        name="mcp-typescript-sdk",
        runtime="node",
        packages=("@modelcontextprotocol/sdk@1.32.2",),
        script="mcp_typescript_sdk.mjs",
        host="localhost",
        separate_issuer=True,
        takes_public=False,
    ),
    Foreign(
        name="oidc-provider",
        runtime="node",
        packages=(
            "oidc-provider@9.13.3",
            "@modelcontextprotocol/server@2.4.0",
            "@modelcontextprotocol/express@2.0.2",
            "@modelcontextprotocol/node@2.1.2",
            "express@5.3.0",
            "jose@6.2.18",
            "zod@4.6.7",
        ),
        script="oidc_provider.mjs",
        separate_issuer=True,
    ),
)


def installable(foreign: Foreign) -> bool:
    """True when this machine has what runs such a server: uv, or node with npm."""
    needed = ("uv",) if foreign.runtime == "python" else ("node", "npm")
    return all(shutil.which(name) for name in needed)


@contextmanager
def running(foreign: Foreign, *, public: str | None = None, timeout: float = 120) -> Iterator[str]:
    """Run the server and give its MCP URL on loopback; `public` is the origin it believes in."""
    with serving(foreign, public=public, timeout=timeout) as served:
        _, local = served.origins[0]
        yield f"{local}{foreign.mcp_path}"


@contextmanager
def serving(
    foreign: Foreign, *, public: str | None = None, timeout: float = 120
) -> Iterator[Served]:
    """Run the server and tell its MCP URL and its origins; a separate issuer is second.

    Under a public origin such as https://mcp.example.com the separate issuer is published as
    https://auth.mcp.example.com. Everything the server started ends with the block.
    """
    if public is not None and not foreign.takes_public:
        raise ValueError(f"{foreign.name} cannot be told its public URL")
    deadline = time.monotonic() + timeout
    ports = free_ports(2 if foreign.separate_issuer else 1)
    local = [f"http://{foreign.host}:{port}" for port in ports]
    published = local if public is None else [public, _issuer_of(public)][: len(ports)]
    arguments = [
        word for port, base in zip(ports, published, strict=True) for word in (str(port), base)
    ]
    with tempfile.TemporaryFile() as output, open(APPS / foreign.script, "rb") as script:
        command, folder = _command(foreign, deadline)
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            stdin=script,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            for origin in local:
                _await_http(origin, process=process, deadline=deadline, output=output)
            yield Served(
                url=f"{published[0]}{foreign.mcp_path}",
                origins=tuple(zip(published, local, strict=True)),
            )
        finally:
            _end(process)


def _command(foreign: Foreign, deadline: float) -> tuple[list[str], Path | None]:
    """The command that runs a script from standard input, and the folder to run it in."""
    match foreign.runtime:
        case "python":
            uv = os.environ.get("UV", "uv")
            wanted = [word for package in foreign.packages for word in ("--with", package)]
            interpreter = ["--isolated", "--no-project", "--python", "3.13"]
            return [uv, "run", *interpreter, *wanted, "python", "-I", "-"], None
        case "node":
            # A script on standard input finds its packages from the working directory.
            return ["node", "--input-type=module", "-"], _node_packages(foreign, deadline)


def _node_packages(foreign: Foreign, deadline: float) -> Path:
    """The cache folder that holds the pinned packages, installed once by whoever comes first."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pins = hashlib.sha256(" ".join(foreign.packages).encode()).hexdigest()[:12]
    folder = cache / "claude-connector-harness" / "foreign" / f"{foreign.name}-{pins}"
    folder.mkdir(parents=True, exist_ok=True)
    installed = folder / ".installed"
    with open(folder / ".lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists():
            quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            _install(
                ["npm", "install", "--prefix", str(folder), *quiet, *foreign.packages], deadline
            )
            installed.touch()
    return folder


def _install(command: list[str], deadline: float) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=max(deadline - time.monotonic(), 1),
        check=False,
    )
    if done.returncode:
        raise ForeignServerError(f"{command[:2]} failed:\n{_text(done.stdout)}")


def _await_http(
    origin: str, *, process: subprocess.Popen[bytes], deadline: float, output: IO[bytes]
) -> None:
    """Wait until the origin answers any HTTP status at all."""
    with httpx.Client(trust_env=False, timeout=5) as client:
        while True:
            if process.poll() is not None:
                raise ForeignServerError(f"ended with {process.returncode}:\n{_tail(output)}")
            try:
                client.get(origin)
            except httpx.TransportError:
                pass
            else:
                return
            if time.monotonic() > deadline:
                raise ForeignServerError(f"{origin} does not answer:\n{_tail(output)}")
            time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group; one with open streams may not go when asked."""
    for wish in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, wish)
            process.wait(timeout=3)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, from below the range that the kernel gives to clients.

    Between this look and the server's own bind no other socket of the machine gets them by chance.
    """
    ports: list[int] = []
    for port in random.sample(range(20_000, 32_000), 1000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                ports.append(port)
        if len(ports) == count:
            break
    return ports


def _issuer_of(public: str) -> str:
    parts = urlsplit(public)
    return parts._replace(netloc=f"auth.{parts.netloc}").geturl()


def _tail(output: IO[bytes]) -> str:
    output.seek(0)
    return _text(output.read())


def _text(printed: bytes) -> str:
    return printed.decode(errors="replace")[-TAIL:]
