"""A recorded run replays to the same verdict, whatever was chosen for it."""

from pathlib import Path

import pytest
from live import checked

from harness.client.choices import Choices, Registration
from harness.model.trace import Purpose, Step
from harness.model.verdict import Verdict
from harness.recording.file import load
from harness.run.check import Plan
from harness.run.session import replayed

CHOICES = {
    "step-up": Choices(target="", call_tool="add_note"),
    "a harmless call": Choices(target="", call_tool="list_notes"),
    "dcr": Choices(target="", registration=Registration.DCR),
    "scope": Choices(target="", scope="notes:read"),
    "headers": Choices(target="", headers=(("X-Api-Key", "k-very-secret-1"), ("X-Team", "blue"))),
    "deep": Choices(target="", deep=True),
    "deep and dcr": Choices(target="", deep=True, registration=Registration.DCR),
    "until": Choices(target="", until=Step.REGISTRATION),
}


@pytest.mark.parametrize("name", CHOICES)
async def test_a_run_with_choices_connects_and_replays(name: str, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    outcome = await checked(file, plan=Plan(choices=CHOICES[name]))
    assert outcome.diagnosis.verdict is Verdict.CONNECTS, outcome.diagnosis.headline
    assert outcome.diagnosis.findings == ()
    assert "k-very-secret-1" not in file.read_text()
    again, answers = await replayed(load(file))
    assert answers.missing == []
    assert answers.differs == []
    assert again.diagnosis.verdict is Verdict.CONNECTS
    assert len(again.trace.exchanges) == len(outcome.trace.exchanges)


async def test_a_given_client_is_not_registered(tmp_path: Path) -> None:
    choices = Choices(target="", client_id="nobody", client_secret="not-the-secret-1")
    outcome = await checked(tmp_path / "run.jsonl", plan=Plan(choices=choices))
    assert outcome.diagnosis.stopped_at is Step.AUTHORIZE
    assert outcome.trace.last(Step.REGISTRATION) is None
    assert "not-the-secret-1" not in (tmp_path / "run.jsonl").read_text()
    again, _ = await replayed(load(tmp_path / "run.jsonl"))
    assert again.diagnosis.stopped_at is Step.AUTHORIZE


async def test_a_step_up_signs_in_twice_and_calls_again(tmp_path: Path) -> None:
    outcome = await checked(tmp_path / "r.jsonl", plan=Plan(choices=CHOICES["step-up"]))
    trace = outcome.trace
    assert len(list(trace.at(Step.CALLBACK, Purpose.CALLBACK))) == 2
    refused = trace.last(Step.SESSION, Purpose.CALL_TOOL)
    again = trace.last(Step.STEP_UP, Purpose.CALL_TOOL)
    assert refused is not None
    assert again is not None
    assert (refused.status, again.status) == (403, 200)
