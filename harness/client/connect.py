"""The whole connector flow, from the first contact to a call with a refreshed token."""

from functools import partial

from harness.client import explore, mcp, probe
from harness.client.access import Access
from harness.client.choices import Choices, Entropy
from harness.client.deep import deep
from harness.client.events import Event, Flow, Send, Wait
from harness.client.mcp import Session
from harness.client.outcome import failed, insufficient_scope
from harness.client.probe import Opening, reopened
from harness.client.renewal import bearer, called, fresh, renew
from harness.client.sign_in import sign_in
from harness.client.speaker import Speaker
from harness.client.step_up import step_up
from harness.model.trace import Exchange, Purpose, Step, Voice
from harness.profiles.profile import Profile


def connect(profile: Profile, choices: Choices, entropy: Entropy) -> Flow[None]:
    """Everything Claude does to connect to `choices.target`, then what only serves diagnosis."""
    flow = _connect(Speaker(profile, choices, entropy))
    return flow if choices.until is None else _until(flow, choices.until)


def _connect(speaker: Speaker) -> Flow[None]:
    opening = yield from probe.opening(speaker)
    if opening.unreachable:
        return
    yield from _go_on(speaker, opening)
    speaker.exploring = True
    if opening.exchange.response is not None and speaker.choices.explores:
        yield from explore.explore(speaker)


def _until(flow: Flow[None], last: Step) -> Flow[None]:
    """The same flow, ended before the first request of a step after `last`."""
    exchange: Exchange | None = None
    while True:
        try:
            event: Event = flow.send(exchange)
        except StopIteration:
            return
        if isinstance(event, Send) and event.step.position > last.position:
            flow.close()
            return
        exchange = yield event


def _go_on(speaker: Speaker, opening: Opening) -> Flow[None]:
    access: Access | None = None
    if opening.open_to_all:
        for step in Step:
            if Step.RESOURCE_METADATA.position <= step.position <= Step.TOKEN.position:
                yield speaker.skip(step, "the server answers without a token")
    else:
        access = yield from sign_in(speaker, opening)
        if access is None:
            return
    established = yield from _establish(speaker, opening, access)
    if established is None:
        return
    session, access = established
    works, access = yield from _use(speaker, session, access)
    spent = access.tokens.refresh_token if access else None
    if works:
        access = yield from renew(speaker, session, access)
    if speaker.choices.deep and not speaker.exploring:
        yield from deep(speaker, session, access, spent)
    # In depth it is asked for whatever Claude does: servers fail at it too.
    ends = speaker.choices.deep or (speaker.profile.ends_session and not speaker.exploring)
    if session.session_id is not None and ends:
        access = yield from fresh(speaker, access)
        yield from mcp.end_session(speaker, session, bearer(access))


def _published_keys(speaker: Speaker, access: Access) -> Flow[None]:
    """Read the keys of the authorization server, to hold a refused token against them."""
    url = access.server.endpoint("jwks_uri")
    if url is not None:
        yield from speaker.get(Step.CONNECT, Purpose.KEYS, url, exploration=True)


def _establish(
    speaker: Speaker, opening: Opening, access: Access | None
) -> Flow[tuple[Session, Access | None] | None]:
    """The first calls with the token, tried again as Claude does; None after a stop."""
    # The voice that works with the server has asked already where it speaks first.
    if opening.open_to_all and opening.exchange.voice is Voice.RUNTIME:
        stateless = mcp.discovered(speaker.profile, opening.exchange)
        opened = None if stateless else mcp.handshake(speaker.profile, opening.exchange)
        return (yield from _agreed(speaker, opened or _stateless(speaker))), access
    access = yield from fresh(speaker, access)
    exchange = yield from mcp.discover(speaker, Step.CONNECT, bearer(access))
    if mcp.discovered(speaker.profile, exchange):
        return (yield from _agreed(speaker, _stateless(speaker))), access
    first = partial(mcp.initialize, speaker, Step.CONNECT)
    exchange, access = yield from called(speaker, access, first)
    session = mcp.handshake(speaker.profile, exchange)
    if session is None and _worth_another_try(exchange, opening):
        for delay in speaker.profile.connect_retry_delays:
            yield Wait(delay, f"answer {exchange.status}; Claude tries again after {delay:g} s")
            exchange, access = yield from called(speaker, access, first)
            session = mcp.handshake(speaker.profile, exchange)
            if session is not None or exchange.status == 401:
                break
    if session is None:
        yield from speaker.stop(
            Step.CONNECT, failed(speaker.profile, exchange) or "no usable answer"
        )
        if exchange.status == 401 and access is not None:
            yield from _published_keys(speaker, access)
        return None
    return (yield from _agreed(speaker, session)), access


def _stateless(speaker: Speaker) -> Session:
    return Session(speaker.profile.modern_version, True)


def _agreed(speaker: Speaker, session: Session) -> Flow[Session]:
    """The session, with a note of what the server speaks."""
    era = "modern" if session.modern else "handshake"
    yield speaker.note(Step.CONNECT, f"the server speaks {session.version}", era=era)
    return session


def _worth_another_try(exchange: Exchange, opening: Opening) -> bool:
    """False for 401, for an answer that is final, and for one that came without a token too."""
    if exchange.failure is not None:
        return True
    refused = exchange.status is not None and exchange.status >= 400 and exchange.status != 401
    return refused and all(
        other.status != exchange.status
        for other in opening.others
        if other.purpose is Purpose.INITIALIZE
    )


def _use(
    speaker: Speaker, session: Session, access: Access | None
) -> Flow[tuple[bool, Access | None]]:
    """List the tools (and call one when asked); False after a stop, and the access by then."""
    if not session.modern:
        access = yield from fresh(speaker, access)
        yield from mcp.initialized(speaker, session, bearer(access))
        access = yield from fresh(speaker, access)
        yield from mcp.open_stream(speaker, session, bearer(access))
    exchange, access = yield from _list_tools(speaker, session, access)
    problem = failed(speaker.profile, exchange)
    if problem is not None:
        yield from speaker.stop(Step.SESSION, f"tools/list failed: {problem}")
        return False, access
    if speaker.profile.lists_prompts_and_resources:
        access = yield from fresh(speaker, access)
        yield from mcp.list_others(speaker, session, bearer(access))
    name = speaker.choices.call_tool
    if name is None:
        yield speaker.skip(Step.STEP_UP, "no tool was called")
        return True, access
    exchange, access = yield from called(
        speaker, access, partial(mcp.call_tool, speaker, Step.SESSION, session, name)
    )
    challenge = insufficient_scope(exchange)
    if challenge is None or access is None:
        yield speaker.skip(Step.STEP_UP, "no call asked for another scope")
        return True, access
    return (yield from step_up(speaker, session, access, challenge, name=name))


def _list_tools(
    speaker: Speaker, session: Session, access: Access | None
) -> Flow[tuple[Exchange, Access | None]]:
    """List the tools; a token that is refused by now is renewed, or got by another sign-in."""
    call = partial(mcp.list_tools, speaker, Step.SESSION, session)
    if not speaker.profile.signs_in_again:
        return (yield from called(speaker, access, call))
    exchange = yield from call(bearer(access))
    if exchange.status == 401 and access is not None:
        yield speaker.note(Step.SESSION, "the token is refused by now; the sign-in begins anew")
        access = (yield from sign_in(speaker, reopened(exchange))) or access
        exchange = yield from call(bearer(access))
    return exchange, access
