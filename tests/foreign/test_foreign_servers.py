"""Servers nobody here wrote connect, and no finding claims to break them."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from live import checked
from servers import FOREIGN, Foreign, installable, serving

from harness.client.choices import Choices
from harness.model.trace import NoteKind, Purpose, Step
from harness.model.verdict import Impact, Verdict
from harness.recording.file import load
from harness.run.check import Plan
from harness.run.recorded_server import recorded_server
from harness.run.session import Outcome, replayed


@dataclass(frozen=True)
class Truth:
    """What is true of a server beyond that it connects."""

    notes: frozenset[str]
    """Findings that are right, none of which breaks the connection."""
    era: str
    refreshes: bool = True
    fields: dict[str, str] = field(default_factory=dict)


# Only oidc-provider needs a name and a password; it accepts any.
NO_CORS = frozenset({"cors-browser-clients"})
TRUTHS = {
    "fastmcp": Truth(NO_CORS | {"dcr-rejects-jwt-bearer-grant"}, "modern"),
    "mcp-python-sdk": Truth(NO_CORS | {"dcr-rejects-jwt-bearer-grant"}, "modern"),
    # It grants access for an hour and gives nothing to renew it with.
    "mcp-typescript-sdk": Truth(
        NO_CORS | {"refresh-token-not-issued"}, "handshake", refreshes=False
    ),
    "oidc-provider": Truth(NO_CORS, "modern", fields={"login": "ada", "password": "x"}),
}
PUBLIC = "https://mcp.example.com"


async def run(foreign: Foreign, file: Path, public: str | None) -> Outcome:
    with serving(foreign, public=public) as served:
        plan = Plan(
            choices=Choices(target=served.url),
            maps=tuple(served.origins) if public else (),
            fields=TRUTHS[foreign.name].fields,
        )
        return await checked(file, plan=plan)


async def of_its_recording(foreign: Foreign, file: Path) -> Outcome:
    """The same client against the recording as a server, without the server itself."""
    trace = load(file)
    async with recorded_server(trace, tls=False) as server:
        plan = Plan(
            choices=Choices(target=server.target),
            fields=TRUTHS[foreign.name].fields,
        )
        return await checked(file.with_name("again.jsonl"), plan=plan)


CASES = [
    pytest.param(
        one,
        public,
        id=f"{one.name}-{'public' if public else 'local'}",
        marks=pytest.mark.skipif(not installable(one), reason=f"no {one.runtime} here"),
    )
    for one in FOREIGN
    for public in (None, PUBLIC)
    if public is None or one.takes_public
]


@pytest.mark.parametrize(("foreign", "public"), CASES)
async def test_a_healthy_server_connects(
    foreign: Foreign, public: str | None, tmp_path: Path
) -> None:
    truth = TRUTHS[foreign.name]
    outcome = await run(foreign, tmp_path / "run.jsonl", public)
    trace, diagnosis = outcome.trace, outcome.diagnosis

    assert diagnosis.verdict is Verdict.CONNECTS, diagnosis.headline
    assert {one.id for one in diagnosis.findings} == truth.notes
    assert all(one.impact is not Impact.BREAKS for one in diagnosis.findings)
    assert diagnosis.unexplained == ()
    assert trace.decision(Step.CONNECT, "era") == truth.era
    assert (trace.last(Step.REFRESH, Purpose.REFRESH) is not None) is truth.refreshes
    assert next(trace.noted(NoteKind.NEEDS_HUMAN), None) is None
    if public is not None:
        assert diagnosis.when_deployed == ()
        assert trace.exchanges[0].request.header("Host") == "mcp.example.com"

    served = await of_its_recording(foreign, tmp_path / "run.jsonl")
    assert served.diagnosis.verdict is Verdict.CONNECTS, served.diagnosis.headline
    assert {one.id for one in served.diagnosis.findings} == truth.notes

    again, answers = await replayed(load(tmp_path / "run.jsonl"))
    assert answers.missing == []
    assert again.diagnosis.verdict is Verdict.CONNECTS
    assert {one.id for one in again.diagnosis.findings} == truth.notes


@pytest.mark.skipif(not installable(FOREIGN[-1]), reason="no node here")
async def test_a_sign_in_without_answers_needs_a_human(tmp_path: Path) -> None:
    foreign = next(one for one in FOREIGN if one.name == "oidc-provider")
    with serving(foreign) as served:
        plan = Plan(choices=Choices(target=served.url))
        outcome = await checked(tmp_path / "run.jsonl", plan=plan)
    assert outcome.diagnosis.verdict is Verdict.INCONCLUSIVE
    note = next(outcome.trace.noted(NoteKind.NEEDS_HUMAN))
    assert note.data["title"] == "Sign-in"
    assert note.data["fields"] == ["login", "password"]
