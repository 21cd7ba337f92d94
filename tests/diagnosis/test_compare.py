"""Real runs compared: a healthy server with itself, and with one that is bent in one place."""

from pathlib import Path
from uuid import uuid4

import pytest
from live import checked, emptied

from harness.client.choices import Choices
from harness.diagnosis.catalogue import Scenario, scenario
from harness.diagnosis.compare import Compared, beside_correct, compared
from harness.model.trace import Step
from harness.recording.weight import Weight
from harness.run.beside_reference import compared_with_reference
from harness.run.session import Outcome

# Of each fault the place of the first difference, and what the healthy server has there.
FIRST = {
    "challenge-missing": (Step.CHALLENGE, "response.header.www-authenticate", "Bearer"),
    "edge-blocks-claude-user-agent": (Step.CHALLENGE, "response.status", "401"),
    "prm-requires-auth": (Step.RESOURCE_METADATA, "response.status", "200"),
    "prm-resource-trailing-slash": (Step.RESOURCE_METADATA, "response.body.resource", "/mcp"),
    "as-issuer-mismatch": (Step.SERVER_METADATA, "response.body.issuer", "auth.reference"),
    "callback-iss-mismatch": (Step.LOGIN, "response.header.location.iss", "auth.reference"),
    "token-invalid-target": (Step.TOKEN, "response.status", "200"),
    "bearer-audience-mismatch": (Step.TOKEN, "token.claims.aud", "/mcp"),
    "mcp-response-content-type": (Step.CONNECT, "response.header.content-type", "json"),
    "refresh-rotation-token-missing": (Step.REFRESH, "response.body.refresh_token", "<refresh"),
}


async def run(folder: Path, *faults: str, choices: Choices | None = None) -> Outcome:
    found = [known for one in faults if (known := scenario(one))]
    assert len(found) == len(faults)
    return await checked(folder / f"{uuid4()}.jsonl", *found, choices=choices)


def beside(one: Outcome, other: Outcome) -> Compared:
    return compared((one.trace, one.diagnosis), (other.trace, other.diagnosis))


async def test_the_healthy_server_twice_is_equal(tmp_path: Path) -> None:
    choices = Choices(target="", deep=True)
    found = beside(*[await run(tmp_path, choices=choices) for _ in range(2)])
    # A busy machine can take its time.
    told = [each for each in found.wire.changes if each.place != "timing.total"]
    assert {each.weight for each in told} == {Weight.VOLATILE}
    assert (found.wire.only_one, found.wire.only_other, found.wire.setup) == ((), (), ())
    assert not found.differs


@pytest.mark.parametrize("fault", FIRST)
async def test_the_bent_place_is_the_first_difference(fault: str, tmp_path: Path) -> None:
    found = beside(await run(tmp_path), await run(tmp_path, fault))
    step, place, healthy = FIRST[fault]
    first = found.wire.changes[0]
    assert (first.step, first.place) == (step, place)
    assert first.one is not None
    assert healthy in first.one
    assert fault in [each.id for each in found.changes.new]
    assert found.changes.fixed == ()
    assert found.differs


def published(name: str) -> Scenario:
    """A server that is well, under other names."""
    known = scenario("as-path-issuer-wellknown")
    assert known is not None
    other = emptied(known)
    other.pattern.settings(
        lambda: {
            "resource": f"https://{name}-mcp.reference.test/mcp",
            "issuer": f"https://{name}-auth.reference.test",
        }
    )
    return other


async def test_two_deployments_under_other_names_are_equal(tmp_path: Path) -> None:
    one = await checked(tmp_path / "one.jsonl", published("staging"))
    other = await checked(tmp_path / "other.jsonl", published("live"))
    found = beside(one, other)
    mcp, auth = found.wire.origins
    assert (mcp.one, mcp.other) == tuple(
        f"https://{name}-mcp.reference.test" for name in ("staging", "live")
    )
    assert (auth.one, auth.other) == tuple(
        f"https://{name}-auth.reference.test" for name in ("staging", "live")
    )
    assert [each for each in found.wire.changes if each.weight.matters] == []
    assert not found.differs


async def test_a_fixed_fault_and_one_that_is_still_there(tmp_path: Path) -> None:
    before = await run(tmp_path, "token-invalid-target", "get-returns-404")
    after = await run(tmp_path, "get-returns-404")
    found = beside(before, after).changes
    assert "token-invalid-target" in [each.id for each in found.fixed]
    assert found.ends_differ
    same = beside(before, before).changes
    assert (same.fixed, same.new) == ((), ())
    assert "token-invalid-target" in [after.id for _, after in same.still]
    assert not same.differs


async def test_beside_the_reference_only_the_contract_counts(tmp_path: Path) -> None:
    choices = Choices(target="", scope="notes:read", deep=True)
    taste = await compared_with_reference(await run(tmp_path, choices=choices))
    assert taste.left_out == ("scope",)
    assert taste.shortfalls == ()
    assert not taste.differs
    # The authorization request asked for less: a difference, but not of the server.
    assert any(each.weight.matters for each in taste.wire.changes)


async def test_a_shortfall_says_what_a_correct_server_says(tmp_path: Path) -> None:
    found = await compared_with_reference(await run(tmp_path, "prm-resource-trailing-slash"))
    assert found.shortfalls is not None
    first = found.shortfalls[0]
    assert first.id == "resource-metadata.resource"
    assert first.harms
    assert first.evidence.quote == "https://mcp.reference.test/mcp/"
    assert first.reference == "https://mcp.reference.test/mcp"
    assert found.differs


async def test_one_more_try_stands_beside_the_last_of_the_reference(tmp_path: Path) -> None:
    bent, healthy = await run(tmp_path, "bearer-audience-mismatch"), await run(tmp_path)
    found = beside_correct((bent.trace, bent.diagnosis), (healthy.trace, healthy.diagnosis))
    assert found.shortfalls is not None
    refused = next(each for each in found.shortfalls if each.id == "connect.accepted")
    assert (refused.evidence.quote, refused.reference) == ("401", "answered 200")
