"""The example recordings still say what their names promise, judged and replayed."""

from pathlib import Path

import pytest

from harness.diagnosis.diagnose import diagnose
from harness.model.verdict import Verdict
from harness.recording.file import load
from harness.run.session import replayed

EXAMPLES = sorted((Path(__file__).parent.parent / "recordings" / "examples").glob("*.jsonl"))


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
async def test_an_example_is_judged_as_its_name_says(path: Path) -> None:
    recording = load(path)
    again, answers = await replayed(recording)
    assert answers.missing == []
    assert answers.differs == []
    for diagnosis in (diagnose(recording), again.diagnosis):
        if path.stem == "healthy":
            assert diagnosis.verdict is Verdict.CONNECTS
            assert diagnosis.findings == ()
        else:
            assert diagnosis.verdict is Verdict.FAILS
            assert diagnosis.findings[0].id == path.stem
