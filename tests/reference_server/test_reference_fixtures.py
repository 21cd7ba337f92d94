"""What the setting `fixtures` adds, and that it adds nothing unasked."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitResult, InputRequiredResult
from plain_client import LoopbackTransport, PlainClient

from reference_server.fixtures.interactive import ask_for_name, ask_twice
from reference_server.fixtures.resources import read
from reference_server.fixtures.rounds import Round
from reference_server.notes import TOOLS
from reference_server.serve import local_settings, running
from reference_server.settings import Settings


@pytest.fixture
async def running_client(settings: Settings) -> AsyncIterator[PlainClient]:
    # The port in the names is none that is dialled.
    named = local_settings(settings, 1, tls=False)
    async with running(named, tls=False) as server:
        transport = LoopbackTransport(server.port)
        async with httpx.AsyncClient(transport=transport, timeout=10) as http:
            yield PlainClient(http, named)


def now(state: str | None = None, **answers: ElicitResult) -> Round:
    return Round(arguments={}, answers=answers, state=state, can_ask=lambda _: True)


def accepted(**content: Any) -> ElicitResult:
    return ElicitResult(action="accept", content=content)


async def _names(client: PlainClient) -> list[str]:
    token = (await client.tokens())["access_token"]
    listed = (await client.modern(token, "tools/list")).json()
    return [tool["name"] for tool in listed["result"]["tools"]]


async def test_without_the_setting_there_are_the_notes_alone(running_client: PlainClient) -> None:
    assert await _names(running_client) == [tool.name for tool in TOOLS]
    token = (await running_client.tokens())["access_token"]
    assert (await running_client.modern(token, "prompts/list")).status_code == 404


@pytest.mark.parametrize("settings", [Settings(fixtures=True)], ids=["fixtures"])
async def test_with_the_setting_the_notes_stay_and_come_first(running_client: PlainClient) -> None:
    names = await _names(running_client)
    assert names[: len(TOOLS)] == [tool.name for tool in TOOLS]
    assert "test_simple_text" in names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("settings", [Settings(fixtures=True)], ids=["fixtures"])
async def test_the_fixtures_are_behind_the_bearer_too(running_client: PlainClient) -> None:
    call = {"name": "test_simple_text", "arguments": {}}
    assert (await running_client.modern(None, "tools/call", call)).status_code == 401
    token = (await running_client.tokens())["access_token"]
    written = {"name": "add_note", "arguments": {"text": "x"}}
    assert (await running_client.modern(token, "tools/call", written)).status_code == 403
    assert (await running_client.modern(token, "tools/call", call)).status_code == 200


def test_two_rounds_of_questions_keep_what_was_answered() -> None:
    first = ask_twice(now())
    assert isinstance(first, InputRequiredResult)
    second = ask_twice(now(first.request_state, step1=accepted(name="Ada")))
    assert isinstance(second, InputRequiredResult)
    assert list(second.input_requests or {}) == ["step2"]
    last = ask_twice(now(second.request_state, step2=accepted(color="blue")))
    assert "Ada likes blue" in str(last)


def test_an_answer_to_another_question_is_asked_again() -> None:
    assert isinstance(ask_for_name(now(wrong=accepted(name="Ada"))), InputRequiredResult)
    assert isinstance(ask_for_name(now(user_name=accepted(name=7))), InputRequiredResult)


def test_a_person_who_declines_is_not_asked_again() -> None:
    declined = ElicitResult(action="decline")
    assert not isinstance(ask_for_name(now(user_name=declined)), InputRequiredResult)


def test_an_unknown_resource_is_an_error_that_names_it() -> None:
    with pytest.raises(MCPError) as problem:
        read("test://nowhere")
    assert problem.value.error.data == {"uri": "test://nowhere"}
