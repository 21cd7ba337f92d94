"""Of two failures that occur together, the first finding is one of them; the matrix is current."""

from pathlib import Path

import matrix
import pytest
from live import checked

from harness.diagnosis.catalogue import catalogue, scenario


@pytest.mark.parametrize("pair", matrix.PAIRS, ids=" + ".join)
async def test_the_first_finding_is_one_of_the_causes(
    pair: tuple[str, str], tmp_path: Path
) -> None:
    faults = tuple(found for name in pair if (found := scenario(name)))
    assert len(faults) == 2
    outcome = await checked(tmp_path / "run.jsonl", *faults)
    allowed = {*pair, *(also for one in faults for also in one.pattern.also)}
    assert outcome.diagnosis.findings[0].id in pair
    assert outcome.diagnosis.unexplained == ()
    breaking = {one.id for one in outcome.diagnosis.findings if one.impact == "breaks"}
    assert breaking <= allowed
    assert matrix.rows()[" + ".join(pair)] == matrix.line(pair, outcome.diagnosis)


def test_the_matrix_has_a_row_for_every_fault() -> None:
    faults = [one.id for one in catalogue() if one.pattern.has_fault]
    pairs = [" + ".join(pair) for pair in matrix.PAIRS]
    assert list(matrix.rows()) == [*faults, *pairs]
