"""The whole connector flow, from the first contact to a call with a refreshed token."""

from dataclasses import replace

from harness.client import explore, machine, mcp, probe, token
from harness.client.access import Access
from harness.client.authorization import authorize, scope_to_ask
from harness.client.choices import Choices, Entropy
from harness.client.deep import deep
from harness.client.discovery import (
    Resource,
    Server,
    discovered_early,
    resource_metadata,
    server_metadata,
)
from harness.client.events import Event, Flow, Send, Wait
from harness.client.mcp import Session
from harness.client.probe import Opening, reopened
from harness.client.registration import Client, register
from harness.client.speaker import Speaker
from harness.client.token import Tokens
from harness.model.challenge import Challenge, bearer
from harness.model.jsonrpc import answer_to
from harness.model.trace import Exchange, Purpose, Step, Voice
from harness.profiles.policy import StepUpScope
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
        access = yield from _sign_in(speaker, opening)
        if access is None:
            return
    established = yield from _establish(speaker, opening, access)
    if established is None:
        return
    session, access = established
    spent = access.tokens.refresh_token if access else None
    works, access = yield from _use(speaker, session, access)
    if works:
        access = yield from _renew(speaker, session, access)
    if speaker.choices.deep and not speaker.exploring:
        yield from deep(speaker, session, access, spent)
    # In depth it is asked for whatever Claude does: servers fail at it too.
    ends = speaker.choices.deep or (speaker.profile.ends_session and not speaker.exploring)
    if session.session_id is not None and ends:
        yield from mcp.end_session(speaker, session, access.tokens.access_token if access else None)


def _published_keys(speaker: Speaker, access: Access) -> Flow[None]:
    """Read the keys of the authorization server, to hold a refused token against them."""
    url = access.server.endpoint("jwks_uri")
    if url is not None:
        yield from speaker.get(Step.CONNECT, Purpose.KEYS, url, exploration=True)


def _sign_in(speaker: Speaker, opening: Opening) -> Flow[Access | None]:
    if speaker.profile.runtime_discovery_headers and opening.exchange.status == 401:
        yield from discovered_early(speaker, opening)
    resource = yield from resource_metadata(speaker, opening)
    server = yield from server_metadata(speaker, resource)
    if resource.refusal is not None:
        yield from speaker.stop(Step.RESOURCE_METADATA, resource.refusal)
    # Exploration only reads: it registers no client and signs nobody in.
    if server is None or speaker.exploring:
        return None
    offered = server.document.get("dpop_signing_alg_values_supported")
    speaker.bound = speaker.choices.prove is not None and bool(offered)
    scope = scope_to_ask(speaker, opening.challenge, resource, server)
    client = yield from register(speaker, server, scope[0])
    if client is None:
        return None
    if own := speaker.choices.machine:
        found = machine.access(speaker, own, server=server, client=client, resource=resource)
        return (yield from found)
    return (
        yield from _obtain(speaker, server=server, client=client, resource=resource, scope=scope)
    )


def _obtain(
    speaker: Speaker,
    *,
    server: Server,
    client: Client,
    resource: Resource,
    scope: tuple[str | None, str],
) -> Flow[Access | None]:
    grant = yield from authorize(
        speaker, server=server, client=client, resource=resource, scope=scope
    )
    if grant is None:
        return None
    tokens = yield from token.exchange_code(speaker, server=server, client=client, grant=grant)
    if tokens is None:
        return None
    return Access(server, client, resource, grant, tokens)


def _establish(
    speaker: Speaker, opening: Opening, access: Access | None
) -> Flow[tuple[Session, Access | None] | None]:
    """The first calls with the token, tried again as Claude does; None after a stop."""
    # The voice that works with the server has asked already where it speaks first.
    if opening.open_to_all and opening.exchange.voice is Voice.RUNTIME:
        stateless = mcp.discovered(speaker.profile, opening.exchange)
        opened = None if stateless else mcp.handshake(opening.exchange)
        return (yield from _agreed(speaker, opened or _stateless(speaker))), access
    exchange = yield from mcp.discover(speaker, Step.CONNECT, _bearer(access))
    if mcp.discovered(speaker.profile, exchange):
        return (yield from _agreed(speaker, _stateless(speaker))), access
    exchange = yield from mcp.initialize(speaker, Step.CONNECT, _bearer(access))
    session = mcp.handshake(exchange)
    if session is None and exchange.status == 401 and access and access.tokens.refresh_token:
        _, tokens = yield from _refresh(speaker, access, access.tokens.refresh_token)
        if tokens is not None:
            access = replace(access, tokens=tokens)
            exchange = yield from mcp.initialize(speaker, Step.CONNECT, _bearer(access))
            session = mcp.handshake(exchange)
    elif session is None and _worth_another_try(exchange, opening):
        for delay in speaker.profile.connect_retry_delays:
            yield Wait(delay, f"answer {exchange.status}; Claude tries again after {delay:g} s")
            exchange = yield from mcp.initialize(speaker, Step.CONNECT, _bearer(access))
            session = mcp.handshake(exchange)
            if session is not None or exchange.status == 401:
                break
    if session is None:
        yield from speaker.stop(Step.CONNECT, _account(exchange) or "no usable answer")
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
        yield from mcp.initialized(speaker, session, _bearer(access))
        yield from mcp.open_stream(speaker, session, _bearer(access))
    exchange = yield from mcp.list_tools(speaker, Step.SESSION, session, _bearer(access))
    if exchange.status == 401 and access is not None and speaker.profile.signs_in_again:
        yield speaker.note(Step.SESSION, "the token is refused by now; the sign-in begins anew")
        access = (yield from _sign_in(speaker, reopened(exchange))) or access
        exchange = yield from mcp.list_tools(speaker, Step.SESSION, session, _bearer(access))
    failed = _account(exchange)
    if failed is not None:
        yield from speaker.stop(Step.SESSION, f"tools/list failed: {failed}")
        return False, access
    yield from mcp.list_others(speaker, session, _bearer(access))
    name = speaker.choices.call_tool
    if name is None:
        yield speaker.skip(Step.STEP_UP, "no tool was called")
        return True, access
    exchange = yield from mcp.call_tool(
        speaker, Step.SESSION, session, name=name, token=_bearer(access)
    )
    challenge = _insufficient_scope(exchange)
    if challenge is None or access is None:
        yield speaker.skip(Step.STEP_UP, "no call asked for another scope")
        return True, access
    return (yield from _step_up(speaker, session, access, challenge, name=name)), access


def _step_up(
    speaker: Speaker, session: Session, access: Access, challenge: Challenge, *, name: str
) -> Flow[bool]:
    asked = challenge.params.get("scope", "").split()
    if speaker.profile.step_up_scope is StepUpScope.UNION:
        asked = list(dict.fromkeys([*(access.grant.scope or "").split(), *asked]))
    yield speaker.note(
        Step.STEP_UP, f"the call asks for scope {' '.join(asked)}", scope=" ".join(asked)
    )
    more = yield from _obtain(
        speaker,
        server=access.server,
        client=access.client,
        resource=access.resource,
        scope=(" ".join(asked) or None, "step-up challenge"),
    )
    if more is None:
        return False
    exchange = yield from mcp.call_tool(
        speaker, Step.STEP_UP, session, name=name, token=more.tokens.access_token
    )
    failed = _account(exchange)
    if failed is not None:
        yield from speaker.stop(Step.STEP_UP, f"the call failed again: {failed}")
    return failed is None


def _renew(speaker: Speaker, session: Session, access: Access | None) -> Flow[Access | None]:
    """Refresh once, and once more where the answer gave no new refresh token.

    The access with the newest tokens comes back.
    """
    if access is None or access.tokens.refresh_token is None:
        why = "no sign-in" if access is None else "no refresh token was issued"
        yield speaker.skip(Step.REFRESH, why)
        return access
    held = access.tokens.refresh_token
    exchange, tokens = yield from _refresh(speaker, access, held)
    if tokens is None:
        yield from speaker.stop(Step.REFRESH, f"the refresh failed: {_account(exchange)}")
        return access
    call = yield from mcp.list_tools(speaker, Step.REFRESH, session, tokens.access_token)
    failed = _account(call)
    if failed is not None:
        yield from speaker.stop(Step.REFRESH, f"the refreshed token was refused: {failed}")
    elif tokens.refresh_token is None:
        # Claude keeps the old refresh token then, and comes with it at the next expiry.
        exchange, more = yield from _refresh(speaker, access, held)
        if more is None:
            yield from speaker.stop(Step.REFRESH, f"the next refresh failed: {_account(exchange)}")
        tokens = more or tokens
    return replace(access, tokens=tokens)


def _refresh(
    speaker: Speaker, access: Access, refresh_token: str
) -> Flow[tuple[Exchange, Tokens | None]]:
    return token.refresh(
        speaker,
        server=access.server,
        client=access.client,
        refresh_token=refresh_token,
        resource=access.grant.resource,
    )


def _bearer(access: Access | None) -> str | None:
    return access.tokens.access_token if access else None


def _insufficient_scope(exchange: Exchange) -> Challenge | None:
    response = exchange.response
    if response is None or response.status != 403:
        return None
    challenge = bearer(response.header_lines("www-authenticate"))
    if challenge is None or challenge.params.get("error") != "insufficient_scope":
        return None
    return challenge


def _account(exchange: Exchange) -> str | None:
    """What went wrong with an MCP call, or None when it has a result."""
    if exchange.response is None:
        return exchange.failure.text if exchange.failure else "no answer"
    if exchange.response.status != 200:
        return f"answer {exchange.response.status}"
    found = answer_to(exchange)
    if found is None:
        return "no JSON-RPC answer"
    if found.error is not None:
        return f"JSON-RPC error {found.error_code}"
    return None
