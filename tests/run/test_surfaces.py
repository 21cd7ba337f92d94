"""Claude Code and the Messages API, played against the bundled server."""

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from live import checked

from harness.client.choices import Choices, Registration
from harness.commands import declared
from harness.diagnosis.catalogue import Scenario, catalogue, scenario
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Impact, Surface, Verdict
from harness.profiles import SURFACES
from harness.profiles.switches import SWITCHES
from harness.proofs import no_wait
from harness.recording.file import load
from harness.run.check import Plan, bench, run, start
from harness.run.reference import reference
from harness.run.session import Log, Outcome, replayed

CODE = Surface.CLAUDE_CODE

# The run fails because the code itself is refused; what is measured is the form of the refusal.
ABOUT_THE_FORM = {"token-error-as-200", "token-error-not-oauth-json"}
# The fault lets loopback addresses through, which are what Claude Code registers.
OTHER_ADDRESS = {"dcr-redirect-host-rejected"}

MEASURED = [
    pytest.param(one, id=one.id)
    for one in catalogue()
    if one.pattern.has_fault
    and not one.pattern.slow
    and (effect := one.pattern.effect(CODE)) is not None
    and effect.confidence is Confidence.MEASURED
    and one.id not in ABOUT_THE_FORM | OTHER_ADDRESS
]


async def code(
    path: Path, *faults: Scenario, registration: Registration = Registration.AUTO
) -> Outcome:
    deep = any(one.pattern.deep for one in faults)
    asked = Choices(target="", deep=deep, registration=registration)
    return await checked(path, plan=Plan(choices=asked, surface=CODE, faults=faults))


@pytest.mark.parametrize("registration", [Registration.AUTO, Registration.DCR])
async def test_claude_code_connects_to_a_healthy_server(
    registration: Registration, tmp_path: Path
) -> None:
    path = tmp_path / "run.jsonl"
    outcome = await code(path, registration=registration)
    assert outcome.diagnosis.verdict is Verdict.CONNECTS
    assert outcome.diagnosis.findings == ()
    assert outcome.diagnosis.unmet == ()
    assert outcome.diagnosis.shows is None
    again, answers = await replayed(load(path))
    assert answers.missing == []
    assert answers.differs == []
    assert again.diagnosis.verdict is Verdict.CONNECTS


@pytest.mark.parametrize("one", MEASURED)
async def test_what_was_measured_on_claude_code_happens_here(one: Scenario, tmp_path: Path) -> None:
    outcome = await code(tmp_path / "run.jsonl", one)
    effect = one.pattern.effect(CODE)
    assert effect is not None
    breaks = effect.impact is Impact.BREAKS
    assert (outcome.diagnosis.verdict is Verdict.FAILS) is breaks
    assert outcome.diagnosis.unexplained == ()
    if breaks:
        assert outcome.diagnosis.findings[0].id == one.id


async def test_its_requests_are_those_that_were_captured(tmp_path: Path) -> None:
    trace = (await code(tmp_path / "run.jsonl", registration=Registration.DCR)).trace
    opening = next(trace.at(Step.CHALLENGE))
    # Our HTTP library writes Host first, whatever order it is given.
    assert [name for name, _ in opening.request.headers if name != "Host"] == [
        "Accept",
        "Accept-Encoding",
        "Content-Type",
        "User-Agent",
        "mcp-method",
        "mcp-protocol-version",
        "Connection",
        "Content-Length",
    ]
    assert body(trace, Step.CHALLENGE, Purpose.DISCOVER)["id"] == "server-discover-probe-1"
    metadata = trace.last(Step.SERVER_METADATA)
    assert metadata is not None
    assert metadata.request.header("accept") == "application/json"
    assert metadata.request.header("user-agent") == "Bun/1.4.4"
    registered = body(trace, Step.REGISTRATION, Purpose.REGISTER)
    assert registered["redirect_uris"] == ["http://localhost:3118/callback"]
    assert registered["application_type"] == "native"
    assert registered["scope"] == "notes:read offline_access"
    asked = trace.last(Step.AUTHORIZE, Purpose.AUTHORIZE)
    assert asked is not None
    names = [name for name, _ in parse_qsl(urlsplit(asked.request.url).query)]
    assert names == [
        "response_type",
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "redirect_uri",
        "state",
        "scope",
        "prompt",
        "resource",
    ]
    assert fields(trace, Step.TOKEN, Purpose.TOKEN) == [
        "grant_type",
        "code",
        "code_verifier",
        "redirect_uri",
        "resource",
        "client_id",
    ]
    assert fields(trace, Step.REFRESH, Purpose.REFRESH) == [
        "grant_type",
        "refresh_token",
        "resource",
        "client_id",
    ]


async def test_the_messages_api_needs_its_callers_token(tmp_path: Path) -> None:
    plan = Plan(choices=Choices(target=""), surface=Surface.MESSAGES_API)
    outcome = await checked(tmp_path / "run.jsonl", plan=plan)
    assert outcome.diagnosis.verdict is Verdict.INCONCLUSIVE
    assert "--header" in outcome.diagnosis.headline
    assert not list(outcome.trace.at(Step.TOKEN))


@pytest.mark.parametrize("good", [True, False])
async def test_the_messages_api_sends_its_callers_token(good: bool, tmp_path: Path) -> None:
    async with reference() as server:
        plan = Plan(
            choices=Choices(target=server.target), maps=server.maps, ca_files=server.ca_files
        )
        async with bench(plan) as one:
            trace = start(one)
            first = await run(one, trace, sink=Log(trace, record=None), sleep=no_wait)
        token = access_token(first) if good else "x"
        given = Choices(target=server.target, headers=(("Authorization", f"Bearer {token}"),))
        path = tmp_path / "run.jsonl"
        outcome = await checked(
            path, plan=replace(plan, choices=given, surface=Surface.MESSAGES_API)
        )
    assert outcome.diagnosis.verdict is (Verdict.CONNECTS if good else Verdict.FAILS)
    assert token == "x" or token not in path.read_text()


def body(trace: Trace, step: Step, purpose: Purpose) -> dict[str, object]:
    found = trace.last(step, purpose)
    assert found is not None
    read: dict[str, object] = json.loads(found.request.body)
    return read


def fields(trace: Trace, step: Step, purpose: Purpose) -> list[str]:
    found = trace.last(step, purpose)
    assert found is not None
    return [name for name, _ in parse_qsl(found.request.text)]


def access_token(trace: Trace) -> str:
    answer = trace.last(Step.REFRESH, Purpose.REFRESH)
    assert answer is not None
    return str((answer.json_object or {})["access_token"])


@pytest.mark.parametrize(
    ("switch", "fault", "verdict"),
    [
        ("strict_issuer", "as-issuer-mismatch", Verdict.FAILS),
        ("only_port_443", "port-not-443", Verdict.FAILS),
        ("probe_uses_discover", None, Verdict.CONNECTS),
        ("sends_as_scopes", None, Verdict.CONNECTS),
    ],
)
async def test_a_switch_plays_the_other_side(
    switch: str, fault: str | None, verdict: Verdict, tmp_path: Path
) -> None:
    found = scenario(fault) if fault else None
    choices = Choices(target="", switches=(switch,))
    path = tmp_path / "run.jsonl"
    plan = Plan(choices=choices, faults=(found,) if found else ())
    outcome = await checked(path, plan=plan)
    assert outcome.diagnosis.verdict is verdict
    if fault:
        plain = await checked(tmp_path / "plain.jsonl", plan=replace(plan, choices=None))
        assert plain.diagnosis.verdict is Verdict.CONNECTS
        assert fault in [one.id for one in outcome.diagnosis.findings]
    again, answers = await replayed(load(path))
    assert answers.missing == []
    assert again.diagnosis.verdict is verdict


def test_the_command_line_knows_every_surface_and_switch() -> None:
    assert tuple(map(str, SURFACES)) == declared.SURFACES
    assert tuple(SWITCHES) == declared.SWITCHES


@pytest.mark.parametrize(
    "fault", ["as-issuer-mismatch", "callback-iss-mismatch", "prm-resource-trailing-slash"]
)
async def test_the_strict_client_stops_where_the_specification_says(
    fault: str, tmp_path: Path
) -> None:
    found = scenario(fault)
    assert found is not None
    plan = Plan(choices=Choices(target=""), surface=Surface.MCP_SPEC, faults=(found,))
    diagnosis = (await checked(tmp_path / "run.jsonl", plan=plan)).diagnosis
    assert diagnosis.verdict is Verdict.FAILS
    assert (diagnosis.findings[0].id, diagnosis.findings[0].impact) == (fault, Impact.BREAKS)
    assert diagnosis.unexplained == ()
