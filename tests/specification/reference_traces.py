"""Traces of the healthy reference server, made live, one of each era."""

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from live import checked

from harness.client.choices import Choices, Registration
from harness.diagnosis.catalogue import Article, Scenario
from harness.diagnosis.pattern import Pattern
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Impact, Party, Source, Surface


def _no_discover(asked: Asked, answer: Answer) -> Answer:
    """The answer of a server that only knows the handshake."""
    if asked.header("mcp-method") is None or answer.status == 401:
        return answer
    error = {"code": -32601, "message": "Method not found"}
    body = json.dumps({"jsonrpc": "2.0", "id": 0, "error": error}).encode()
    return Answer(404, (("content-type", "application/json"),), body)


def _handshake_only() -> Scenario:
    pattern = Pattern(
        step=Step.CONNECT,
        party=Party.SERVER,
        impact={Surface.CLAUDE_AI: Impact.NONE},
        confidence=Confidence.GUESS,
        sources=(Source("nowhere", seen="2026-01-01"),),
        deep=True,
    )
    pattern.fault(_no_discover)
    return Scenario("handshake-only", pattern, Article("t", "w", "y", "f"), Path("handshake"))


def stateless(*, deep: bool) -> Trace:
    """A run that speaks 2026-07-28, with a client that is a metadata document."""
    return _run(Choices(target="", deep=deep))


def handshake() -> Trace:
    """A deep run that speaks 2025-11-25, with a client that registers."""
    return _run(Choices(target="", deep=True, registration=Registration.DCR), _handshake_only())


def _run(choices: Choices, *faults: Scenario) -> Trace:
    with TemporaryDirectory() as folder:
        return asyncio.run(checked(Path(folder) / "run.jsonl", *faults, choices=choices)).trace
