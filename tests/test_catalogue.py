"""The proofs that hold for every known failure: found when it is there, silent when it is not."""

import re
from pathlib import Path

import pytest
from live import checked

import scenarios
from harness import proofs
from harness.client.choices import Choices
from harness.diagnosis.catalogue import Scenario, catalogue, own
from harness.diagnosis.contract import contract, unmet_rows
from harness.diagnosis.diagnose import diagnose
from harness.diagnosis.pattern import Detectable
from harness.model.verdict import Surface, Verdict
from harness.recording.file import load
from harness.run.session import Outcome, replayed

KNOWN = [pytest.param(one, id=one.id) for one in catalogue()]
CAUSABLE = [pytest.param(one, id=one.id) for one in catalogue() if one.pattern.has_fault]

HAND_MADE = [pytest.param(one, id=one.id) for one in catalogue() if one.pattern.hand_made]

# Whether its loopback callback takes a POST is not known.
NOT_KNOWN_OF_CODE = {"consent-redirect-307"}


@pytest.fixture(scope="module")
def cache() -> dict[str, tuple[Outcome, Path]]:
    return {}


@pytest.fixture
async def broken(
    one: Scenario, cache: dict[str, tuple[Outcome, Path]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Outcome, Path]:
    """The run against the reference server bent by one failure, and its recording."""
    if one.id not in cache:
        path = tmp_path_factory.mktemp(one.id) / "run.jsonl"
        cache[one.id] = (await checked(path, one), path)
    return cache[one.id]


@pytest.mark.parametrize("deep", [False, True])
async def test_a_healthy_server_has_no_finding_and_no_unmet_row(deep: bool, tmp_path: Path) -> None:
    choices = Choices(target="", deep=deep)
    outcome = await checked(tmp_path / "healthy.jsonl", choices=choices)
    assert outcome.diagnosis.findings == ()
    assert outcome.diagnosis.unmet == ()
    assert outcome.diagnosis.verdict is Verdict.CONNECTS
    again, _ = await replayed(load(tmp_path / "healthy.jsonl"))
    assert proofs.said(again.diagnosis) == proofs.said(outcome.diagnosis)


@pytest.mark.parametrize("one", CAUSABLE)
async def test_its_fault_gives_exactly_its_finding(
    one: Scenario, broken: tuple[Outcome, Path]
) -> None:
    assert proofs.exact(one, broken[0].diagnosis) == []
    assert proofs.explained(broken[0].diagnosis) == []


@pytest.mark.parametrize("one", CAUSABLE)
async def test_the_verdict_agrees_with_where_the_client_stopped(
    one: Scenario, broken: tuple[Outcome, Path]
) -> None:
    assert proofs.stopped(broken[0]) == []


@pytest.mark.parametrize("one", CAUSABLE)
async def test_the_redacted_recording_replays_to_the_same_verdict(
    one: Scenario, broken: tuple[Outcome, Path]
) -> None:
    assert await proofs.replays(*broken) == []


@pytest.mark.parametrize("one", CAUSABLE)
async def test_evidence_quotes_what_is_there(one: Scenario, broken: tuple[Outcome, Path]) -> None:
    assert proofs.quoted(broken[0]) == []


@pytest.mark.parametrize("one", KNOWN)
def test_a_scenario_is_complete(one: Scenario) -> None:
    assert proofs.complete(one) == []


@pytest.mark.parametrize("one", KNOWN)
def test_the_effect_of_each_surface_has_a_source(one: Scenario) -> None:
    """Only where nothing at all is known is a surface left out."""
    unknown = {
        Surface.MCP_SPEC,
        *({Surface.CLAUDE_CODE} if one.id in NOT_KNOWN_OF_CODE else ()),
        *({Surface.MESSAGES_API} if one.pattern.detectable is Detectable.CLAUDE_ONLY else ()),
    }
    for surface in set(Surface) - unknown:
        effect = one.pattern.effect(surface)
        assert effect is not None, surface
        assert re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", effect.source.seen)


@pytest.mark.parametrize("one", HAND_MADE)
def test_traffic_no_client_of_ours_sends_is_recognised(one: Scenario) -> None:
    assert one.pattern.hand_made is not None
    assert proofs.exact(one, diagnose(one.pattern.hand_made())) == []


def test_the_catalogue_is_the_folder() -> None:
    root = Path(next(iter(scenarios.__path__)))
    files = {path for path in root.glob("*/*.py") if path.stem != "__init__"}
    assert own().problems == ()
    assert {one.file for one in catalogue()} == files
    names = [name for one in catalogue() for name in (one.id, *one.pattern.aliases)]
    assert len(names) == len(set(names))


def test_every_contract_row_has_an_id_below_its_step() -> None:
    rows = contract()
    assert len({row.id for row in rows}) == len(rows)
    for row in rows:
        assert row.id.startswith(f"{row.step}.")
        assert row.title
        assert row.source


async def test_a_pattern_that_raises_is_reported(tmp_path: Path) -> None:
    outcome = await checked(tmp_path / "healthy.jsonl")
    first = catalogue()[0]

    def raises(_trace: object) -> list[object]:
        raise RuntimeError("broken pattern")

    from dataclasses import replace

    pattern = replace(first.pattern)
    pattern.detector = raises  # type: ignore[assignment]
    diagnosis = diagnose(outcome.trace, [replace(first, pattern=pattern)])
    assert diagnosis.findings[0].error == "RuntimeError: broken pattern"
    assert diagnosis.verdict is Verdict.CONNECTS
    assert unmet_rows(outcome.trace) == ()
