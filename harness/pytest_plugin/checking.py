"""The fixture `claude`: a check of a user's server as one line of the user's own test."""

import itertools
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from harness.model.trace import Step
from harness.model.verdict import Surface, Verdict

GRACE = 60.0
"""Seconds that a check may take to start and to end, besides its own time."""


class CheckError(Exception):
    """The check could not run, which says nothing about the server."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a check found; the methods are assertions, and their message is the report."""

    verdict: Verdict
    stopped_at: Step | None
    findings: tuple[str, ...]
    recording: Path
    report: str = field(repr=False)

    def connects(self) -> Self:
        """Claude connects."""
        __tracebackhide__ = True
        return self._demand(self.verdict is Verdict.CONNECTS, "Claude should connect")

    def fails_at(self, step: str) -> Self:
        """Claude stops at this step."""
        __tracebackhide__ = True
        wanted = Step(step)
        stops = self.verdict is Verdict.FAILS and self.stopped_at is wanted
        return self._demand(stops, f"the connection should fail at {wanted}")

    def finds(self, *ids: str) -> Self:
        """These known failures are among the findings."""
        __tracebackhide__ = True
        lacking = [one for one in ids if one not in self.findings]
        return self._demand(not lacking, f"not found: {', '.join(lacking)}")

    def _demand(self, holds: bool, text: str) -> Self:
        __tracebackhide__ = True
        if not holds:
            raise AssertionError(f"{text}\n\n{self.report}")
        return self


@dataclass(frozen=True)
class Claude:
    """Plays Claude; each check is a process of its own, so nothing the tests patch reaches it."""

    _config: pytest.Config = field(repr=False)
    _folder: Path
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1), repr=False)

    def check(
        self,
        url: str,
        *,
        surface: str = Surface.CLAUDE_AI,
        map: Mapping[str, str] | None = None,  # noqa: A002 - the name of the option
        ca: str | os.PathLike[str] | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        scope: str | None = None,
        call: str | None = None,
        timeout: float = 60.0,
    ) -> Checked:
        """The whole flow against a server, at most `timeout` seconds; recorded in `tmp_path`.

        The arguments are the options of `harness check`. The caller waits: a server in the event
        loop of an async test needs `await asyncio.to_thread(claude.check, url)`.
        Raises CheckError when nothing could be checked.
        """
        __tracebackhide__ = True
        record = self._folder / f"{next(self._numbers)}-{Surface(surface)}.jsonl"
        secrets: dict[str, str] = {}
        options = [
            *_option("--surface", surface),
            *_option("--record", str(record)),
            *_option("--timeout", f"{timeout:g}"),
            *_option("--ca", ca if ca is None else os.fspath(ca)),
            *_option("--client-id", client_id),
            *_option("--scope", scope),
            *_option("--call", call),
            *(f"--map={public}={local}" for public, local in (map or {}).items()),
            *_hidden("--client-secret=", client_secret, secrets),
        ]
        for name, value in (fields or {}).items():
            options += _hidden(f"--field={name}=", value, secrets)
        for name, value in (headers or {}).items():
            options += _hidden(f"--header={name}=", value, secrets)
        _run([*options, "--", url], secrets, timeout + GRACE)
        return _judged(record, self._config)


def _option(name: str, value: str | None) -> list[str]:
    return [] if value is None else [f"{name}={value}"]


def _hidden(option: str, value: str | None, secrets: dict[str, str]) -> list[str]:
    """An option whose value goes by the environment: every process can read the arguments."""
    if value is None:
        return []
    variable = f"HARNESS_CHECK_{len(secrets)}"
    secrets[variable] = value
    return [f"{option}env:{variable}"]


def _run(options: list[str], secrets: Mapping[str, str], seconds: float) -> None:
    __tracebackhide__ = True
    # -P: a folder `harness` where the tests run is not this program.
    command = [sys.executable, "-P", "-m", "harness", "check", *options]
    try:
        done = subprocess.run(
            command,
            # A user who makes warnings errors means those of the tests.
            env=os.environ | secrets | {"PYTHONWARNINGS": "ignore"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise CheckError(f"the check did not end within {seconds:g} seconds") from None
    if done.returncode not in (0, 1, 4):
        said = done.stderr.rpartition("Error: ")[2].strip()
        raise CheckError(said or f"the check ended with exit code {done.returncode}")


def _judged(record: Path, config: pytest.Config) -> Checked:
    from harness.diagnosis.diagnose import diagnose
    from harness.pytest_plugin.apart import known
    from harness.recording.file import load
    from harness.report.text import text_report

    trace = load(record)
    diagnosis = diagnose(trace, known(config))
    return Checked(
        verdict=diagnosis.verdict,
        stopped_at=diagnosis.stopped_at,
        findings=tuple(one.id for one in diagnosis.findings),
        recording=record,
        report=text_report(trace, diagnosis),
    )
