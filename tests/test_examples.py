"""The example recordings are whole: a client asks nothing that they cannot answer.

That their verdict stays what their headers state is for `pytest recordings`.
"""

from pathlib import Path

import pytest

from harness.recording.expects import expected, found
from harness.recording.file import load
from harness.run.session import judged, replayed

EXAMPLES = sorted((Path(__file__).parent.parent / "recordings" / "examples").glob("*.jsonl"))


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
async def test_an_example_answers_the_client_as_it_was_recorded(path: Path) -> None:
    recording = load(path)
    _, answers = await replayed(recording)
    assert answers.missing == []
    assert answers.differs == []
    assert found(judged(recording).diagnosis) == expected(path)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_states_what_its_name_says(path: Path) -> None:
    stated = expected(path)
    assert stated is not None
    assert stated.findings == (() if path.stem == "healthy" else (path.stem,))
