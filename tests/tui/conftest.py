"""Contract rows that stand still, so that a new row changes no picture of the UI."""

import pytest

from harness.diagnosis.contract import Row
from harness.model.trace import Step


@pytest.fixture
def two_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(
        Row(id=id_, step=Step.TOKEN, title=title, source="RFC 6749 section 5.1", check=lambda _: ())
        for id_, title in (
            ("token.json", "the token answer is no JSON"),
            ("token.issued", "the token endpoint issues no token"),
        )
    )
    monkeypatch.setattr("harness.tui.tabs.contract", lambda: rows)
