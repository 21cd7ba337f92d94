"""The first contact: the same question in Claude's voices, without a token."""

from dataclasses import dataclass, replace

from harness.client import mcp
from harness.client.events import Flow
from harness.client.speaker import Speaker
from harness.model.challenge import Challenge, bearer
from harness.model.jsonrpc import answer_to
from harness.model.trace import Exchange, Note, NoteKind, Purpose, Step, Voice
from harness.model.wellknown import port

_NO_POST = (400, 404, 405)
"""What a POST is answered where the transport may be the one of MCP 2024-11-05."""


@dataclass(frozen=True)
class Opening:
    """How the target answered without a token."""

    exchange: Exchange
    challenge: Challenge | None = None
    sign_in: bool = False
    open_to_all: bool = False
    """True when the target answered initialize without asking for a token."""
    unreachable: bool = False
    others: tuple[Exchange, ...] = ()
    """The answers to the other voices."""


def opening(speaker: Speaker) -> Flow[Opening]:
    """Ask in every voice of the profile; the first voice's answer decides what happens next."""
    if not speaker.profile.signs_in:
        return (yield from _with_the_callers_token(speaker))
    first: Opening | None = None
    others: list[Exchange] = []
    for voice, purpose in speaker.profile.opening:
        decides = first is None or voice is first.exchange.voice
        if first is not None and decides and _is_final(first):
            continue
        match voice, purpose:
            case Voice.BROKER, Purpose.INITIALIZE:
                exchange = yield from mcp.broker_initialize(speaker)
            case _, Purpose.DISCOVER:
                exchange = yield from mcp.discover(speaker, Step.CHALLENGE, None, voice=voice)
            case _:
                exchange = yield from mcp.initialize(speaker, Step.CHALLENGE, None)
        if not decides:
            others.append(exchange)
            continue
        first = _read(speaker, exchange)
        if first.unreachable:
            break
    if first is None:
        raise AssertionError("a profile must open with at least one request")
    if speaker.profile.falls_back_to_sse and first.exchange.status in _NO_POST:
        yield from _old_transport(speaker)
    yield from _judge(speaker, first)
    return replace(first, others=tuple(others))


def _old_transport(speaker: Speaker) -> Flow[None]:
    """Ask for the stream of MCP 2024-11-05, with which this client would go on."""
    exchange = yield from mcp.old_stream(speaker)
    response = exchange.response
    if response is None or response.status != 200 or response.media_type != "text/event-stream":
        return
    yield Note(
        step=Step.CHALLENGE,
        kind=NoteKind.ABORTED,
        text="the server speaks HTTP+SSE of MCP 2024-11-05, with which this surface goes on and "
        "the simulation does not",
    )


def _is_final(opening: Opening) -> bool:
    # A bare 403 may be about the kind of call.
    asked = opening.sign_in and (opening.exchange.status == 401 or opening.challenge is not None)
    return asked or opening.open_to_all or opening.exchange.response is None


def _with_the_callers_token(speaker: Speaker) -> Flow[Opening]:
    """The first call of a surface that cannot sign in; its caller may have given it a token."""
    exchange = yield from mcp.initialize(speaker, Step.CHALLENGE, None)
    found = _read(speaker, exchange)
    if found.sign_in:
        if exchange.request.header("authorization") is None:
            yield Note(
                step=Step.CHALLENGE,
                kind=NoteKind.ABORTED,
                text="this surface signs nobody in, its caller brings the token: give one with "
                "--header 'Authorization=Bearer ...'",
            )
        yield from speaker.stop(
            Step.CHALLENGE, f"answer {exchange.status}; the caller has to bring another token"
        )
        return replace(found, sign_in=False)
    yield from _judge(speaker, found)
    return found


def _read(speaker: Speaker, exchange: Exchange) -> Opening:
    response = exchange.response
    if response is None:
        failure = exchange.failure
        return Opening(exchange, unreachable=failure is not None and failure.kind.before_request)
    challenge = bearer(response.header_lines("www-authenticate"))
    insufficient = challenge is not None and challenge.params.get("error") == "insufficient_scope"
    found = answer_to(exchange) if response.status == 200 else None
    return Opening(
        exchange,
        challenge,
        # Only 401 starts the sign-in; 403 does when it asks for a scope (documented by Anthropic).
        sign_in=response.status == 401
        or (response.status == 403 and (insufficient or speaker.profile.signs_in_at_403)),
        open_to_all=found is not None and found.result is not None,
    )


def reopened(exchange: Exchange) -> Opening:
    """A refusal of a token that was good before, as the beginning of another sign-in."""
    lines = exchange.response.header_lines("www-authenticate") if exchange.response else ()
    return Opening(exchange, bearer(lines), sign_in=True)


def _judge(speaker: Speaker, opening: Opening) -> Flow[None]:
    exchange = opening.exchange
    number = port(speaker.choices.target)
    if speaker.profile.only_port_443 and number != 443:
        yield from speaker.stop(Step.REACH, f"port {number}; only 443 is reached")
    elif opening.unreachable and exchange.failure:
        yield from speaker.stop(Step.REACH, exchange.failure.text)
    elif exchange.failure and exchange.response is None:
        yield from speaker.stop(Step.CHALLENGE, exchange.failure.text)
    elif opening.open_to_all:
        yield speaker.note(
            Step.CHALLENGE, "the server answers without a token; no sign-in", authless=True
        )
    elif not opening.sign_in:
        yield from speaker.stop(
            Step.CHALLENGE, f"the first answer was {exchange.status}; only 401 starts the sign-in"
        )
