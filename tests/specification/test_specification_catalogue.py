"""Every requirement is there once, with a text, a place to read it, and one way to judge it."""

from pathlib import Path

import pytest

from harness.specification.catalogue import requirements
from harness.specification.requirement import Level, Party, Requirement, Revision, citations

ROWS = [pytest.param(one, id=one.id) for one in requirements()]


def test_every_id_is_there_exactly_once() -> None:
    known = (Path(__file__).parent / "ids.txt").read_text(encoding="utf-8").split()
    assert len(known) == 417
    assert sorted(one.id for one in requirements()) == sorted(known)
    assert set(citations()) == set(known)


@pytest.mark.parametrize("one", ROWS)
def test_a_requirement_is_complete(one: Requirement) -> None:
    assert (one.check is None) is not (one.reason is None)
    assert one.revisions
    assert one.source
    assert "  " not in one.text
    assert one.text.endswith(".")
    assert len(one.text) <= 120
    assert one.cited.startswith(one.source)


def test_what_binds_the_client_is_not_judged_by_a_trace() -> None:
    for one in requirements():
        if one.party is Party.CLIENT:
            assert one.check is None
            assert "client" in (one.reason or "")


def test_an_option_is_not_violated_by_leaving_it_out() -> None:
    optional = [one for one in requirements() if one.level is Level.MAY and one.check is not None]
    assert {one.id for one in optional} == {
        "tok-secret-basic",
        "sh-session-delete",
        "cors-mcp-preflight",
        "cors-expose",
        "cors-acao-on-errors",
    }


def test_what_is_demanded_follows_the_revision() -> None:
    found = {one.id: one.revisions for one in requirements()}
    assert found["probe-rm-0618"] == {Revision.V2025_06_18}
    assert found["ver-discover"] == {Revision.V2026_07_28}
    assert found["prm-exists"] == set(list(Revision)[2:])
    assert found["dcr-level"] == {Revision.V2025_03_26, Revision.V2025_06_18}
