"""Traces of the healthy reference server, made live, one of each era."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from live import checked

from harness.client.choices import Choices, Registration
from harness.diagnosis.catalogue import Article, Scenario
from harness.diagnosis.pattern import Pattern
from harness.model.answer import Answer, Asked, BendAnswer
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Impact, Party, Source, Surface

ROOT = "/.well-known/oauth-protected-resource"


def _no_discover(asked: Asked, answer: Answer) -> Answer:
    """The answer of a server that only knows the handshake."""
    if asked.header("mcp-method") is None or answer.status == 401:
        return answer
    error = {"code": -32601, "message": "Method not found"}
    body = json.dumps({"jsonrpc": "2.0", "id": 0, "error": error}).encode()
    return Answer(404, (("content-type", "application/json"),), body)


def _root_copy(asked: Asked, answer: Answer) -> Answer:
    """A copy of the resource metadata in the root place, whose resource is the origin there."""
    if asked.path != ROOT or answer.status != 200:
        return answer
    body = json.dumps({**json.loads(answer.body), "resource": "https://mcp.reference.test"})
    return replace(answer, body=body.encode())


def _root_published() -> Scenario:
    one = _scenario("root-published", _root_copy)
    one.pattern.settings(lambda: {"root_metadata": True})
    return one


def _handshake_only() -> Scenario:
    return _scenario("handshake-only", _no_discover)


def _scenario(name: str, bend: BendAnswer) -> Scenario:
    pattern = Pattern(
        step=Step.CONNECT,
        party=Party.SERVER,
        impact={Surface.CLAUDE_AI: Impact.NONE},
        confidence=Confidence.GUESS,
        sources=(Source("nowhere", seen="2026-01-01"),),
        deep=True,
    )
    pattern.fault(bend)
    return Scenario(name, pattern, Article("t", "w", "y", "f"), Path(name))


def stateless(*, deep: bool) -> Trace:
    """A run that speaks 2026-07-28, with a client that is a metadata document."""
    return _run(Choices(target="", deep=deep), _root_published())


def handshake() -> Trace:
    """A deep run that speaks 2025-11-25, with a client that registers."""
    return _run(
        Choices(target="", deep=True, registration=Registration.DCR),
        _root_published(),
        _handshake_only(),
    )


def _run(choices: Choices, *faults: Scenario) -> Trace:
    with TemporaryDirectory() as folder:
        return asyncio.run(checked(Path(folder) / "run.jsonl", *faults, choices=choices)).trace
