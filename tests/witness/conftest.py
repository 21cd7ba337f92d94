"""Finds the real Claude Code, or installs it, and makes programs that stand in for it."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

VERSION = "2.1.330"


@pytest.fixture(scope="session")
def claude() -> Path:
    """The real program: $HARNESS_CLAUDE, or the version the profile speaks of, from npm."""
    named = os.environ.get("HARNESS_CLAUDE")
    return Path(named) if named else _installed()


def _installed() -> Path:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("Claude Code is not installed, and there is no npm to install it with")
    folder = Path(tempfile.gettempdir()) / f"harness-claude-code-{VERSION}"
    folder.mkdir(exist_ok=True)
    program = folder / "node_modules" / ".bin" / "claude"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            package = f"@anthropic-ai/claude-code@{VERSION}"
            command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), package]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            except subprocess.TimeoutExpired:
                pytest.skip(f"npm did not install {package} within 300 seconds")
            if done.returncode != 0 or not program.exists():
                pytest.skip(f"npm cannot install {package}: {done.stderr[-200:]}")
    return program


@pytest.fixture
def fake(tmp_path: Path) -> Callable[[str], Path]:
    """A program that runs the given code with `command` set, as `mcp login`; it has a version."""

    def make(code: str) -> Path:
        path = tmp_path / "claude"
        start = (
            f"#!{sys.executable}\n"
            "import os, subprocess, sys, time, urllib.request\n"
            "command = ' '.join(sys.argv[1:3])\n"
            "if command == '--version':\n"
            "    print('0.0.1 (Stand-in)')\n"
            "    sys.exit(0)\n"
        )
        path.write_text(start + textwrap.dedent(code))
        path.chmod(0o755)
        return path

    return make
