"""A recorded client against live servers: what was broken, what is broken now."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from live import checked

from harness.diagnosis.catalogue import Scenario, scenario
from harness.diagnosis.changes import changes
from harness.model.trace import Exchange, NoteKind, Purpose, Request, Response, Step, Trace, Voice
from harness.model.verdict import Surface, Verdict
from harness.recording.file import RecordingError, load
from harness.report.repetition import Fate, fate, fate_sentence
from harness.reproduce.bindings import Bindings, UnboundError
from harness.run.check import Plan
from harness.run.reference import reference
from harness.run.repeated import plan_of, repeated
from harness.run.session import Outcome, judged

EXAMPLES = Path(__file__).parent.parent.parent / "recordings" / "examples"
HEALTHY = EXAMPLES / "healthy.jsonl"


def known(*ids: str) -> tuple[Scenario, ...]:
    found = tuple(one for one in map(scenario, ids) if one is not None)
    assert len(found) == len(ids)
    return found


async def against(recording: Trace, file: Path, *faults: str) -> Outcome:
    """The recorded client against the reference server, bent or not."""
    plan = plan_of(recording)
    plan = replace(plan, choices=replace(plan.choices, target=""), faults=known(*faults))
    return await repeated(recording, plan, record=file)


def told(before: Trace, after: Outcome) -> str:
    return fate_sentence(changes(judged(before).diagnosis, after.diagnosis), after.trace)


# The step that a fault is seen at; what its own client could not go on to ask, nobody asks.
BROKEN = (
    ("challenge-without-resource-metadata", "challenge"),
    ("prm-requires-auth", "resource-metadata"),
    ("resource-metadata-url-dead", "resource-metadata"),
    ("as-metadata-not-json", "server-metadata"),
    ("dcr-endpoint-404", "registration"),
    ("callback-state-mangled", "callback"),
    ("token-invalid-target", "token"),
    ("bearer-audience-mismatch", "connect"),
    ("refresh-tokens-not-persisted", "refresh"),
)


@pytest.mark.parametrize(("fault", "step"), BROKEN)
async def test_what_was_broken_is_fixed_or_still_broken(
    fault: str, step: str, tmp_path: Path
) -> None:
    await checked(tmp_path / "before.jsonl", *known(fault))
    before = load(tmp_path / "before.jsonl")
    fixed = await against(before, tmp_path / "fixed.jsonl")
    assert fixed.diagnosis.verdict is Verdict.CONNECTS
    assert told(before, fixed).startswith(f"FIXED: the repeated run gets past {step}")
    still = await against(before, tmp_path / "still.jsonl", fault)
    assert told(before, still) == f"STILL BROKEN at {step}"
    assert fault in {one.id for one in still.diagnosis.findings}
    assert judged(load(tmp_path / "still.jsonl")).diagnosis.headline == still.diagnosis.headline


@pytest.mark.parametrize(
    ("fault", "step"),
    [one for one in BROKEN if not one[0].startswith("dcr-")],
)
async def test_what_connected_is_newly_broken(fault: str, step: str, tmp_path: Path) -> None:
    before = load(HEALTHY)
    broken = await against(before, tmp_path / "broken.jsonl", fault)
    assert told(before, broken) == f"NEWLY BROKEN at {step}"


async def test_the_recorded_requests_are_what_is_sent(tmp_path: Path) -> None:
    """Headers, order and bodies are the recorded client's; the values are the live server's."""
    await checked(tmp_path / "before.jsonl")
    before = load(tmp_path / "before.jsonl")
    odd = tuple(
        replace(
            one,
            request=replace(
                one.request,
                headers=tuple(
                    (name, "Recorded/9") if name.lower() == "user-agent" else (name, value)
                    for name, value in one.request.headers
                ),
            ),
        )
        for one in before.exchanges
    )
    outcome = await against(replace(before, exchanges=odd), tmp_path / "run.jsonl")
    assert outcome.diagnosis.verdict is Verdict.CONNECTS
    own = [one for one in outcome.trace.exchanges if one.voice is not Voice.BROWSER]
    assert {one.request.header("user-agent") for one in own} == {"Recorded/9"}
    pages = (Step.AUTHORIZE, Step.LOGIN, Step.CALLBACK)
    for live, was in zip(outcome.trace.exchanges, before.exchanges, strict=True):
        assert (live.step, live.purpose, live.status) == (was.step, was.purpose, was.status)
        if live.step not in pages:
            names = [name for name, _ in live.request.headers]
            assert names == [name for name, _ in was.request.headers]
    secret = [one for one in outcome.trace.exchanges if one.purpose is Purpose.TOKEN]
    assert "%3Ccode_verifier" not in secret[0].request.text
    assert judged(before).diagnosis.findings == outcome.diagnosis.findings


async def test_it_registers_anew_and_speaks_in_a_session_of_its_own(tmp_path: Path) -> None:
    faults = ("dcr-rejects-confidential", "server-discover-unsupported")
    plan = Plan(surface=Surface.CLAUDE_CODE, faults=known(*faults))
    await checked(tmp_path / "before.jsonl", plan=plan)
    before = load(tmp_path / "before.jsonl")
    outcome = await against(before, tmp_path / "after.jsonl", *faults)
    assert told(before, outcome) == "STILL CONNECTS"
    ids = [
        (one.json_object or {})["client_id"]
        for trace in (before, outcome.trace)
        for one in trace.at(Step.REGISTRATION, Purpose.REGISTER)
    ]
    assert len(set(ids)) == len(ids) == 2
    token = outcome.trace.last(Step.TOKEN, Purpose.TOKEN)
    assert token is not None
    assert f"client_id={ids[1]}" in token.request.text


async def test_an_open_server_that_closed_cannot_be_judged(tmp_path: Path) -> None:
    await checked(tmp_path / "before.jsonl", *known("authless-forced-oauth"))
    before = load(tmp_path / "before.jsonl")
    outcome = await against(before, tmp_path / "after.jsonl")
    assert fate(changes(judged(before).diagnosis, outcome.diagnosis)) is Fate.UNDECIDED
    note = next(outcome.trace.noted(NoteKind.ABORTED))
    assert "never signed in" in note.text


def test_a_recording_without_requests_is_refused() -> None:
    empty = Trace(target="https://m.example.com/mcp", surface="claude-ai", recording="r.jsonl")
    with pytest.raises(RecordingError, match=r"r\.jsonl holds no request to repeat"):
        plan_of(empty)


def got(url: str, body: object = None, headers: tuple[tuple[str, str], ...] = ()) -> Exchange:
    return Exchange(
        n=1,
        step=Step.RESOURCE_METADATA,
        purpose=Purpose.METADATA_PATH,
        voice=Voice.BROKER,
        request=Request(method="GET", url=url),
        response=Response(status=200, headers=headers, body=json.dumps(body).encode()),
    )


def test_another_server_is_found_by_its_own_metadata() -> None:
    table = Bindings("https://m.example.com/mcp", "http://localhost:8000/v2/mcp")
    assert table.url("https://m.example.com/mcp") == "http://localhost:8000/v2/mcp"
    well_known = "/.well-known/oauth-protected-resource"
    assert table.url(f"https://m.example.com{well_known}/mcp") == (
        f"http://localhost:8000{well_known}/v2/mcp"
    )
    table.learn(
        got("https://m.example.com/x", {"authorization_servers": ["https://as.example.com/t"]}),
        got("http://localhost:8000/x", {"authorization_servers": ["http://localhost:9000"]}),
    )
    assert table.url("https://as.example.com/.well-known/oauth-authorization-server/t") == (
        "http://localhost:9000/.well-known/oauth-authorization-server"
    )
    endpoint = {"token_endpoint": "https://as.example.com/t/token"}
    table.learn(
        got("https://as.example.com/x", endpoint),
        got("http://localhost:9000/x", {"token_endpoint": "http://localhost:9000/oauth"}),
    )
    form = (("Content-Type", "application/x-www-form-urlencoded"), ("Host", "as.example.com"))
    asked = table.request(
        Request(
            method="POST",
            url="https://as.example.com/t/token",
            headers=form,
            body=b"grant_type=x&resource=https%3A%2F%2Fm.example.com%2Fmcp",
        )
    )
    assert asked.url == "http://localhost:9000/oauth"
    assert asked.header("host") == "localhost:9000"
    assert asked.body == b"grant_type=x&resource=http%3A%2F%2Flocalhost%3A8000%2Fv2%2Fmcp"


def test_a_value_that_nobody_gave_is_named() -> None:
    table = Bindings("https://m.example.com/mcp", "https://m.example.com/mcp")
    call = Request(
        method="POST",
        url="https://m.example.com/mcp",
        headers=(("Authorization", "Bearer <access_token:1 43>"),),
    )
    with pytest.raises(UnboundError, match="<access_token:1 43>"):
        table.request(call)
    table.learn(
        got("https://m.example.com/", {"access_token": "<access_token:1 43>"}),
        got("https://m.example.com/", {"access_token": "alive"}),
    )
    assert table.request(call).header("authorization") == "Bearer alive"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", "replay", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


async def test_from_the_command_line(tmp_path: Path) -> None:
    record = tmp_path / "new.jsonl"
    async with reference(known("token-invalid-target")) as server:
        options = ["--live", "--record", str(record), "--ca", str(server.ca_files[0])]
        for public, local in server.maps:
            options += ["--map", f"{public}={local}"]
        done = await asyncio.to_thread(run, str(HEALTHY), *options)
        assert done.returncode == 1, done.stderr
        assert done.stdout.startswith("NEWLY BROKEN at token\n")
        options[2] = str(tmp_path / "newer.jsonl")
        done = await asyncio.to_thread(run, str(HEALTHY), *options, "--format", "json")
        assert json.loads(done.stdout)["fate"] == "newly-broken"
    assert judged(load(record)).diagnosis.stopped_at is Step.TOKEN


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--to", "https://m.example.com/mcp"], "need --live"),
        (["--live", "--record", "x", "--no-record"], "exclude each other"),
        (["--live", "--to", "ftp://m.example.com"], "m.example.com"),
    ],
)
def test_mistakes_are_one_sentence(arguments: list[str], says: str) -> None:
    done = run(str(HEALTHY), *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
