"""The real Claude Code against the bundled server, beside the simulation.

Skipped where the program is neither installed nor can be.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.client.choices import Choices
from harness.diagnosis.catalogue import Scenario, scenario
from harness.model.trace import Purpose, Step, Trace, Voice
from harness.model.verdict import Surface, Verdict
from harness.recording.file import load
from harness.report.beside import beside_report, pairs
from harness.run.check import Plan, checked
from harness.run.recorded_server import recorded_server
from harness.run.repeated import plan_of, repeated
from harness.run.session import Outcome
from harness.run.witness import witnessed


def bends(faults: Sequence[str]) -> tuple[Scenario, ...]:
    found = tuple(one for one in map(scenario, faults) if one is not None)
    assert len(found) == len(faults)
    return found


async def real(
    claude: Path, *faults: str, record: Path | None = None, choices: Choices | None = None
) -> Outcome:
    plan = Plan(choices=choices, faults=bends(faults))
    return await witnessed(plan, binary=claude, record=record)


def asked(trace: Trace) -> list[tuple[Step, Purpose, Voice]]:
    """What was asked, pages of the sign-in left out."""
    return [
        (one.step, one.purpose, one.voice)
        for one in trace.exchanges
        if one.step not in (Step.LOGIN, Step.CALLBACK)
    ]


async def test_it_connects_and_every_exchange_has_its_step(claude: Path, tmp_path: Path) -> None:
    record = tmp_path / "run.jsonl"
    outcome = await real(claude, record=record)
    assert outcome.diagnosis.verdict is Verdict.CONNECTS
    assert outcome.diagnosis.unmet == ()
    assert outcome.diagnosis.findings == ()
    discovery = [
        (Step.RESOURCE_METADATA, Purpose.METADATA_POINTER),
        (Step.SERVER_METADATA, Purpose.RFC8414),
    ]
    assert asked(outcome.trace) == [
        (Step.CHALLENGE, Purpose.DISCOVER, Voice.RUNTIME),
        *((*one, Voice.RUNTIME) for one in discovery),
        # At the login it asks for both documents, and then for both again.
        *((*one, Voice.BROKER) for one in discovery * 2),
        (Step.AUTHORIZE, Purpose.AUTHORIZE, Voice.BROWSER),
        (Step.TOKEN, Purpose.TOKEN, Voice.BROKER),
        (Step.CONNECT, Purpose.DISCOVER, Voice.RUNTIME),
        (Step.SESSION, Purpose.LIST_TOOLS, Voice.RUNTIME),
    ]
    kept = load(record)
    assert asked(kept) == asked(outcome.trace)
    assert "anthropic.com" not in {one.request.url.split("/")[2] for one in kept.exchanges}
    assert "<access_token:1 jwt" in record.read_text()
    assert "eyJ" not in record.read_text()


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param((), id="cimd-stateless"),
        pytest.param(("dcr-rejects-confidential", "server-discover-unsupported"), id="dcr-session"),
    ],
)
async def test_the_simulation_sends_the_same_values(claude: Path, faults: tuple[str, ...]) -> None:
    choices = Choices(target="", headers=(("X-Gate", "open"),))
    outcome = await real(claude, *faults, choices=choices)
    plan = Plan(choices=choices, surface=Surface.CLAUDE_CODE, faults=bends(faults))
    simulated = await checked(plan, record=None)
    differ = {
        f"{pair.purpose} {one.place}"
        for pair in pairs(simulated.trace, outcome.trace)
        for one in pair.differences
        # The version of the day is the program's.
        if one.place != "header.user-agent" and not one.place.endswith("clientInfo.version")
    }
    assert differ == set()
    told = beside_report((simulated.trace, simulated.diagnosis), (outcome.trace, outcome.diagnosis))
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize(
    ("fault", "step", "says"),
    [
        ("as-no-registration-mechanism", Step.REGISTRATION, "does not support dynamic client"),
        ("metadata-member-mistyped", Step.SERVER_METADATA, "expected array, received undefined"),
        ("as-null-registration-endpoint", Step.SERVER_METADATA, "expected string, received null"),
        ("dcr-endpoint-404", Step.REGISTRATION, "Dynamic Client Registration rejected"),
        ("token-invalid-target", Step.TOKEN, "the only resource here"),
        ("callback-iss-mismatch", Step.CALLBACK, "Issuer mismatch in authorization response"),
        ("prm-resource-other-host", Step.RESOURCE_METADATA, "does not match expected"),
        ("bearer-403-valid-token", Step.CONNECT, "Needs authentication"),
        ("tls-untrusted-expired-hostname", Step.REACH, "certificate has expired"),
    ],
)
async def test_it_stops_where_the_simulation_stops(
    claude: Path, fault: str, step: Step, says: str
) -> None:
    outcome = await real(claude, fault)
    assert outcome.diagnosis.verdict is Verdict.FAILS
    assert outcome.diagnosis.stopped_at is step
    assert outcome.trace.stop is not None
    assert says in outcome.trace.stop.text
    plan = Plan(surface=Surface.CLAUDE_CODE, faults=bends([fault]))
    simulated = await checked(plan, record=None)
    assert simulated.diagnosis.stopped_at is step
    if step is not Step.REACH:
        # What the server said may be shortened by either.
        shown = (simulated.diagnosis.shows or "-").removesuffix(" ...")
        assert shown[:25] in outcome.trace.stop.text


async def test_it_registers_and_speaks_the_handshake_era(claude: Path) -> None:
    outcome = await real(claude, "dcr-rejects-confidential", "server-discover-unsupported")
    assert outcome.diagnosis.verdict is Verdict.CONNECTS
    purposes = [one.purpose for one in outcome.trace.exchanges]
    assert Purpose.REGISTER in purposes
    assert Purpose.INITIALIZE in purposes
    assert Purpose.INITIALIZED in purposes
    assert outcome.trace.decision(Step.CONNECT, "era") == "handshake"


@pytest.mark.parametrize(
    ("faults", "verdict", "step"),
    [
        pytest.param((), Verdict.CONNECTS, None, id="healthy"),
        pytest.param(
            ("dcr-rejects-confidential", "server-discover-unsupported"),
            Verdict.CONNECTS,
            None,
            id="dcr-session",
        ),
        pytest.param(("dcr-endpoint-404",), Verdict.FAILS, Step.REGISTRATION, id="registration"),
        pytest.param(("token-invalid-target",), Verdict.FAILS, Step.TOKEN, id="token"),
        pytest.param(("bearer-403-valid-token",), Verdict.FAILS, Step.CONNECT, id="connect"),
    ],
)
@pytest.mark.parametrize("simulated", [True, False], ids=["of-the-simulation", "of-itself"])
async def test_it_meets_a_recorded_server_as_the_one_recorded(
    claude: Path,
    faults: tuple[str, ...],
    verdict: Verdict,
    step: Step | None,
    simulated: bool,
    tmp_path: Path,
) -> None:
    record = tmp_path / "run.jsonl"
    if simulated:
        plan = Plan(surface=Surface.CLAUDE_CODE, faults=bends(faults))
        await checked(plan, record=record)
    else:
        await real(claude, *faults, record=record)
    async with recorded_server(load(record)) as server:
        ca_file = tmp_path / "ca.pem"
        ca_file.write_bytes(server.ca_pem)
        plan = Plan(choices=Choices(target=server.target), ca_files=(ca_file,))
        outcome = await witnessed(plan, binary=claude)
    assert (outcome.diagnosis.verdict, outcome.diagnosis.stopped_at) == (verdict, step)


async def test_its_recording_repeats_it_without_the_program(claude: Path, tmp_path: Path) -> None:
    record = tmp_path / "run.jsonl"
    await real(claude, record=record)
    recording = load(record)
    plan = plan_of(recording)
    plan = replace(plan, choices=replace(plan.choices, target=""))
    outcome = await repeated(recording, plan, record=tmp_path / "again.jsonl")
    assert outcome.diagnosis.verdict is Verdict.CONNECTS
    assert asked(outcome.trace) == asked(recording)
    broken = replace(plan, faults=bends(["token-invalid-target"]))
    outcome = await repeated(recording, broken, record=tmp_path / "broken.jsonl")
    assert outcome.diagnosis.stopped_at is Step.TOKEN


def test_from_the_command_line(claude: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harness", "check", "--record", str(tmp_path / "run.jsonl")]
    done = subprocess.run(
        [*command, "--witness", "claude-code", "--witness-path", str(claude)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Claude Code: went through" in done.stdout
    assert (tmp_path / "run.jsonl").stat().st_size > 1000


def test_programs_are_told_what_differs(claude: Path) -> None:
    command = [sys.executable, "-m", "harness", "check", "--no-record", "--format", "json"]
    done = subprocess.run(
        [*command, "--witness", "claude-code", "--witness-path", str(claude)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["witness"]
    assert "(Claude Code)" in told["version"]
    assert told["stopped"]["real"] == {"verdict": "connects", "step": None, "text": None}
    alone = [one["purpose"] for one in told["requests"] if not one["real"]]
    assert "refresh" in alone
    assert {one["part"] for one in told["differences"]} <= {"header", "query", "body"}
