"""A scenario file as tests: the proofs that also hold for every one of ours."""

import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.diagnosis.catalogue import Scenario, load
from harness.model.trace import Trace
from harness.pytest_plugin.apart import known, run_apart
from harness.report.printable import printable

type Proof = Callable[[Scenario, tuple[Scenario, ...]], list[str]]


class ScenarioFile(pytest.File):
    """A file that defines a pattern."""

    def collect(self) -> Iterator[pytest.Item]:
        loaded = load(self.path)
        for problem in loaded.problems:
            raise self.CollectError(str(problem))
        for scenario in loaded.scenarios:
            for name, proof in _proofs(scenario).items():
                yield ProofTest.from_parent(self, name=name, scenario=scenario, proof=proof)


class ProofTest(pytest.Item):
    """One proof of one scenario."""

    def __init__(self, *, scenario: Scenario, proof: Proof, **node: Any) -> None:
        super().__init__(**node)
        self._scenario = scenario
        self._proof = proof

    def runtest(self) -> None:
        # Warnings of the libraries below are not the user's, who may have made them errors.
        warnings.simplefilter("ignore")
        ours = tuple(one for one in known(self.config) if one.id != self._scenario.id)
        if wrong := self._proof(self._scenario, (*ours, self._scenario)):
            pytest.fail("\n".join(map(printable, wrong)), pytrace=False)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self._scenario.id} {self.name}"


def _proofs(scenario: Scenario) -> Mapping[str, Proof]:
    """The proofs that make sense for it, by the names of their tests."""
    pattern = scenario.pattern
    proofs: dict[str, Proof] = {"complete": _complete}
    if pattern.detector is not None:
        proofs["silent-on-healthy-server"] = _silent
        if pattern.has_fault:
            proofs["found-when-caused"] = _caused
        if pattern.hand_made is not None:
            proofs["found-in-its-recording"] = _hand_made
    return proofs


# mitmproxy, which the proofs import, takes most of a second: not while tests are collected.


def _complete(scenario: Scenario, scenarios: tuple[Scenario, ...]) -> list[str]:
    from harness.proofs import complete

    return complete(scenario, known=scenarios)


def _silent(scenario: Scenario, _scenarios: tuple[Scenario, ...]) -> list[str]:
    from harness.proofs import bent, silent

    plan = bent(scenario)
    return silent(scenario, _healthy(plan.surface, scenario.pattern.deep))


def _caused(scenario: Scenario, scenarios: tuple[Scenario, ...]) -> list[str]:
    from harness import proofs

    with tempfile.TemporaryDirectory(prefix="harness-scenario-") as folder:
        record = Path(folder) / "run.jsonl"
        outcome = run_apart(proofs.proved(proofs.bent(scenario), record, known=scenarios))
        wrong = [
            *proofs.exact(scenario, outcome.diagnosis),
            *proofs.explained(outcome.diagnosis),
            *proofs.stopped(outcome),
            *proofs.quoted(outcome),
        ]
        return wrong or run_apart(proofs.replays(outcome, record, known=scenarios))


def _hand_made(scenario: Scenario, scenarios: tuple[Scenario, ...]) -> list[str]:
    from harness.diagnosis.diagnose import diagnose
    from harness.proofs import exact

    assert scenario.pattern.hand_made is not None
    return exact(scenario, diagnose(scenario.pattern.hand_made(), scenarios))


@cache
def _healthy(surface: str, deep: bool) -> Trace:
    from harness.proofs import healthy

    return run_apart(healthy(surface, deep=deep))
