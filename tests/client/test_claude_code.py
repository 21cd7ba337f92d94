"""The simulated Claude Code in what it does otherwise than claude.ai."""

import json

import pytest
from fake import MCP, Handler, Play, Reply, healthy, reply

from harness.client.choices import Choices
from harness.client.events import Send
from harness.model.trace import Exchange, NoteKind, Purpose, Step, Trace, Voice
from harness.model.verdict import Surface
from harness.profiles import profile

CLAUDE_CODE = profile(Surface.CLAUDE_CODE)
RESOURCE = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
SERVER = "https://auth.example.com/.well-known/oauth-authorization-server"


def play(*handlers: Handler, choices: Choices | None = None) -> Trace:
    own = Play((*handlers, healthy), choices or Choices(target=MCP), CLAUDE_CODE)
    return own.run()


def metadata(trace: Trace) -> list[tuple[Step, Voice]]:
    """Who read which document, in order."""
    steps = (Step.RESOURCE_METADATA, Step.SERVER_METADATA)
    return [
        (one.step, one.voice)
        for one in trace.exchanges
        if one.step in steps and not one.exploration
    ]


def header_names(exchange: Exchange) -> list[str]:
    return [name for name, _ in exchange.request.headers]


def test_the_runtime_reads_both_documents_before_the_login_does() -> None:
    trace = play()
    assert metadata(trace) == [
        (Step.RESOURCE_METADATA, Voice.RUNTIME),
        (Step.SERVER_METADATA, Voice.RUNTIME),
        (Step.RESOURCE_METADATA, Voice.BROKER),
        (Step.SERVER_METADATA, Voice.BROKER),
    ]
    agents = [
        one.request.header("user-agent")
        for one in trace.exchanges
        if one.step is Step.SERVER_METADATA
    ]
    assert agents == ["claude-code/2.1.330 (sdk-cli)", "Bun/1.4.4"]


def test_what_the_runtime_reads_decides_nothing() -> None:
    def refused(send: Send) -> Reply | None:
        agent = dict(send.headers).get("User-Agent", "")
        early = send.method == "GET" and agent.startswith("claude-code/")
        return reply(500) if early and ".well-known" in send.url else None

    trace = play(refused)
    assert trace.stop is None
    assert metadata(trace)[-2:] == [
        (Step.RESOURCE_METADATA, Voice.BROKER),
        (Step.SERVER_METADATA, Voice.BROKER),
    ]


def test_a_wrong_resource_is_refused_once_the_server_metadata_is_read() -> None:
    def other(send: Send) -> Reply | None:
        document = {
            "resource": "https://other.example.com/mcp",
            "authorization_servers": ["https://auth.example.com"],
        }
        return reply(200, document) if send.url == RESOURCE else None

    trace = play(other)
    assert trace.stop is not None
    assert trace.stop.step is Step.RESOURCE_METADATA
    assert "another resource" in trace.stop.text
    assert trace.last(Step.SERVER_METADATA) is not None
    assert trace.last(Step.REGISTRATION) is None


@pytest.mark.parametrize("issuer", ["auth.example.com", 7, None])
def test_resource_metadata_without_a_usable_server_is_as_none(issuer: object) -> None:
    def bad(send: Send) -> Reply | None:
        document = {"resource": MCP, "authorization_servers": [issuer]}
        return reply(200, document) if send.url == RESOURCE else None

    trace = play(bad)
    asked = [one.request.url for one in trace.exchanges if one.step is Step.SERVER_METADATA]
    assert asked
    assert all(one.startswith("https://mcp.example.com/") for one in asked)


def test_a_bare_403_is_taken_for_a_want_of_sign_in() -> None:
    def refused(send: Send) -> Reply | None:
        bare = send.url == MCP and "Authorization" not in dict(send.headers)
        return reply(403) if bare else None

    trace = play(refused)
    assert trace.stop is None
    opening = [one.purpose for one in trace.exchanges if one.step is Step.CHALLENGE]
    assert opening[:2] == [Purpose.DISCOVER, Purpose.INITIALIZE]
    assert (Step.SERVER_METADATA, Voice.RUNTIME) not in metadata(trace)
    assert trace.last(Step.TOKEN) is not None


def test_a_header_of_the_user_goes_to_the_metadata_addresses_too() -> None:
    choices = Choices(target=MCP, headers=(("X-Gate", "v"),))
    trace = play(choices=choices)
    carry = {
        (one.step, one.voice)
        for one in trace.exchanges
        if one.request.header("x-gate") is not None and not one.exploration
    }
    assert (Step.RESOURCE_METADATA, Voice.RUNTIME) in carry
    assert (Step.SERVER_METADATA, Voice.RUNTIME) in carry
    assert (Step.RESOURCE_METADATA, Voice.BROKER) in carry
    assert (Step.SERVER_METADATA, Voice.BROKER) not in carry
    by_broker = {step for step, voice in carry if voice is Voice.BROKER}
    assert not {Step.REGISTRATION, Step.TOKEN, Step.REFRESH} & by_broker
    early = next(one for one in trace.exchanges if one.step is Step.RESOURCE_METADATA)
    assert header_names(early)[-5:] == ["User-Agent", "X-Gate", "Connection", "Accept", "Host"]


def test_messages_are_written_in_its_own_order() -> None:
    trace = play()
    written = {
        one.purpose: one.request.text
        for one in trace.exchanges
        if one.step in (Step.CONNECT, Step.SESSION) and one.request.body
    }
    assert list(json.loads(written[Purpose.DISCOVER])) == ["jsonrpc", "id", "method", "params"]
    assert list(json.loads(written[Purpose.INITIALIZE])) == ["method", "params", "jsonrpc", "id"]
    assert written[Purpose.LIST_TOOLS] == '{"method":"tools/list","jsonrpc":"2.0","id":1}'
    stream = trace.last(Step.SESSION, Purpose.STREAM)
    assert stream is not None
    assert stream.request.header("accept") == "text/event-stream"
    assert trace.last(Step.SESSION, Purpose.END_SESSION) is None


@pytest.mark.parametrize("status", [400, 404, 405])
def test_a_url_for_get_alone_is_asked_for_the_old_stream(status: int) -> None:
    def old(send: Send) -> Reply | None:
        if send.url != MCP:
            return None
        if send.method == "POST":
            return reply(status)
        return reply(200, headers=(("Content-Type", "text/event-stream"),))

    trace = play(old)
    stream = trace.last(Step.CHALLENGE, Purpose.STREAM)
    assert stream is not None
    assert stream.request.header("accept") == "text/event-stream"
    told = next(trace.noted(NoteKind.ABORTED))
    assert "HTTP+SSE" in told.text


def test_a_url_that_is_nothing_at_all_stops() -> None:
    trace = play(lambda send: reply(404) if send.url == MCP else None)
    assert trace.last(Step.CHALLENGE, Purpose.STREAM) is not None
    assert next(trace.noted(NoteKind.ABORTED), None) is None
    assert trace.stop is not None
    assert trace.stop.step is Step.CHALLENGE
