"""Short tokens, forgotten clients and registration answers with more in them, on the real wire."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from live import checked, emptied

from harness.client.choices import Choices, Registration
from harness.diagnosis.catalogue import Scenario, scenario
from harness.model.answer import Answer, Asked
from harness.model.trace import NoteKind, Purpose, Step, Trace, Voice
from harness.model.verdict import Surface, Verdict
from harness.recording.file import load
from harness.run.check import Plan
from harness.run.session import Outcome, replayed
from scenarios.bending import edited, is_grant, refusal, with_field

HOSTED, CODE, SPEC = Surface.CLAUDE_AI, Surface.CLAUDE_CODE, Surface.MCP_SPEC
MANAGED = {
    "registration_client_uri": "https://auth.reference.test/oauth/register/own",
    "registration_access_token": "rat-4f9c2e7a81d04b6c9e53",
}


def blank() -> Scenario:
    known = scenario("refresh-rate-limited")
    assert known is not None
    return emptied(known)


def lasting(seconds: int) -> Scenario:
    """A server whose access tokens are good for so long."""
    short = blank()

    @short.pattern.settings
    def settings() -> Mapping[str, object]:
        return {"access_token_ttl": seconds}

    return short


def answering(**members: object) -> Scenario:
    """A server whose registrations are answered with these members too."""
    bent = blank()

    @bent.pattern.fault
    def fault(asked: Asked, answer: Answer) -> Answer:
        if not asked.path.endswith("/oauth/register"):
            return answer
        return edited(answer, lambda found: {**found, **members})

    return bent


async def run(
    path: Path, surface: Surface, one: Scenario, way: Registration = Registration.DCR
) -> Outcome:
    choices = Choices(target="", registration=way)
    return await checked(path, plan=Plan(choices=choices, surface=surface, faults=(one,)))


def refreshes(trace: Trace) -> int:
    return len(list(trace.at(Step.REFRESH, Purpose.REFRESH)))


def calls(trace: Trace) -> int:
    """The calls with a token."""
    return sum(
        one.voice is Voice.RUNTIME and one.request.header("authorization") is not None
        for one in trace.exchanges
    )


@pytest.mark.parametrize(
    ("surface", "seconds", "early"),
    [
        (CODE, 60, True),
        (CODE, 290, True),
        (CODE, 330, False),
        (HOSTED, 60, False),
        (SPEC, 60, False),
    ],
)
async def test_a_short_token(surface: Surface, seconds: int, early: bool, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    outcome = await run(path, surface, lasting(seconds))
    assert outcome.diagnosis.verdict is Verdict.CONNECTS
    assert outcome.diagnosis.findings == ()
    assert outcome.diagnosis.unmet == ()
    assert refreshes(outcome.trace) == (calls(outcome.trace) if early else 1)
    again, answers = await replayed(load(path))
    assert (answers.missing, answers.differs) == ([], [])
    assert again.diagnosis.verdict is Verdict.CONNECTS


async def test_a_token_endpoint_that_is_down(tmp_path: Path) -> None:
    down = blank()
    left = [503, 502, 500]

    @down.pattern.fault
    def fault(asked: Asked, answer: Answer) -> Answer:
        if is_grant(asked, "refresh_token") and left:
            return refusal(answer, left.pop(0), "temporarily_unavailable", "later")
        return answer

    outcome = await run(tmp_path / "run.jsonl", CODE, down)
    assert left == []
    assert refreshes(outcome.trace) == 3
    waited = [one.text.partition(";")[0] for one in outcome.trace.noted(NoteKind.WAIT)]
    assert waited == ["answer 503", "answer 502"]
    assert outcome.diagnosis.stopped_at is Step.REFRESH


async def test_a_client_that_is_forgotten_once(tmp_path: Path) -> None:
    forgetful = blank()
    known: list[str] = []

    @forgetful.pattern.request
    def request(asked: Asked) -> Asked:
        """The first client that redeems a code is not there any more."""
        if not is_grant(asked, "authorization_code"):
            return asked
        found = parse_qs(asked.body.decode())["client_id"][0]
        known.append(found)
        return with_field(asked, "client_id", "gone") if found == known[0] else asked

    path = tmp_path / "run.jsonl"
    outcome = await run(path, HOSTED, forgetful)
    assert outcome.diagnosis.verdict is Verdict.CONNECTS
    assert len(set(known)) == 2
    tokens = [one.status for one in outcome.trace.at(Step.TOKEN, Purpose.TOKEN)]
    assert tokens == [401, 200]
    assert outcome.trace.decision(Step.TOKEN, "registers_anew") is True
    again, answers = await replayed(load(path))
    assert (answers.missing, answers.differs) == ([], [])
    assert again.diagnosis.verdict is Verdict.CONNECTS


@pytest.mark.parametrize("surface", [HOSTED, CODE, SPEC])
async def test_the_management_of_a_registration_is_left_alone(
    surface: Surface, tmp_path: Path
) -> None:
    path = tmp_path / "run.jsonl"
    outcome = await run(path, surface, answering(**MANAGED))
    assert outcome.diagnosis.verdict is Verdict.CONNECTS
    assert MANAGED["registration_access_token"] not in path.read_text()
    registered = outcome.trace.last(Step.REGISTRATION, Purpose.REGISTER)
    assert registered is not None
    kept = str((registered.json_object or {})["registration_access_token"])
    assert kept.startswith("<registration_token:1 ")
    for one in outcome.trace.exchanges:
        sent = f"{one.request.url} {one.request.headers} {one.request.body!r}"
        assert kept not in sent
        assert not any(value in sent for value in MANAGED.values())


async def test_a_secret_that_has_ended(tmp_path: Path) -> None:
    outcome = await run(tmp_path / "run.jsonl", HOSTED, answering(client_secret_expires_at=1))
    notes = [one.text for one in outcome.trace.noted(NoteKind.DECISION, Step.REGISTRATION)]
    assert any("before it was issued" in text for text in notes)
    assert len(list(outcome.trace.at(Step.REGISTRATION, Purpose.REGISTER))) == 1
    assert outcome.diagnosis.verdict is Verdict.CONNECTS


async def test_a_code_that_claude_code_sends_twice_is_still_explained(tmp_path: Path) -> None:
    known = scenario("token-state-in-memory")
    assert known is not None
    outcome = await run(tmp_path / "run.jsonl", CODE, known, Registration.AUTO)
    assert len(list(outcome.trace.at(Step.TOKEN, Purpose.TOKEN))) == 2
    assert [one.id for one in outcome.diagnosis.findings] == [known.id]
    assert outcome.diagnosis.unexplained == ()
