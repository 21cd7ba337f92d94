"""The reference server passes what the official suite requires of a server, on both wires."""

import asyncio
import re
import socket
import subprocess
from pathlib import Path

import pytest
import suite
from served import CLIENT, served, signed_in
from sign_in import sign_in

REQUIRED = {"2025-11-25": 30, "2026-07-28": 37}
"""How many scenarios each revision requires; none of them is left out."""

AUTHORIZATION = ("authorization-server-metadata-endpoint", "authorization-code-grant")


@pytest.mark.parametrize("revision", REQUIRED)
async def test_the_server_passes(revision: str, home: Path, tmp_path: Path) -> None:
    async with served() as front:
        front.token = await signed_in(front)
        verdicts = await asyncio.to_thread(
            suite.run_server, home, tmp_path, front.endpoint, revision
        )
    assert {name: one.failed for name, one in verdicts.items() if not one.passed} == {}
    assert len(verdicts) == REQUIRED[revision]


async def test_without_a_token_nothing_passes(home: Path, tmp_path: Path) -> None:
    async with served() as front:
        verdicts = await asyncio.to_thread(
            suite.run_server, home, tmp_path, front.endpoint, "2025-11-25"
        )
    assert len(verdicts) == REQUIRED["2025-11-25"]
    assert [name for name, one in verdicts.items() if one.passed] == []


async def test_the_authorization_server_passes(home: Path, tmp_path: Path) -> None:
    async with served() as front:
        log = await asyncio.to_thread(_sign_in_for_the_suite, home, tmp_path, front.origin)
    for scenario in AUTHORIZATION:
        checks = suite.checks_of(tmp_path, f"authorization-server-{scenario}")
        assert checks, log
        assert [one for one in checks if one["status"] not in ("SUCCESS", "INFO")] == []
    named = suite.checks_of(tmp_path, f"authorization-server-{AUTHORIZATION[0]}")
    assert "authorization-server-metadata-cimd" in {one["id"] for one in named}


def _sign_in_for_the_suite(home: Path, results: Path, issuer: str) -> str:
    """The suite prints where a person should sign in, and waits for the callback."""
    # Any free port: the suite takes the number from its command line and nowhere else.
    arguments = ("authorization", "--url", issuer, "--client-id", CLIENT, "--port", _free_port())
    log = ""
    with subprocess.Popen(
        [*suite.command(home, *arguments), "-o", results],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None
        try:
            for line in running.stdout:
                log += line
                if re.match(r"https?://\S*response_type=code", line):
                    sign_in(line.strip())
            running.wait(30)
        finally:
            running.kill()
    return log


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
