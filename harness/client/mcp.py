"""MCP requests of both eras (2025-11-25 with handshake, 2026-07-28 without) in Claude's words."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.client.events import Flow, Send
from harness.client.outcome import readable
from harness.client.speaker import Speaker, compact, with_value
from harness.model.jsonrpc import RpcAnswer, answer_to
from harness.model.trace import Exchange, Headers, Json, Purpose, Step, Voice
from harness.profiles.profile import MESSAGE_MEMBERS, Profile

_META = "io.modelcontextprotocol/"


@dataclass(frozen=True)
class Session:
    """What later calls of a connection need to carry."""

    version: str
    modern: bool
    session_id: str | None = None


def broker_initialize_message(profile: Profile) -> dict[str, Json]:
    return {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": profile.handshake_version,
            "capabilities": {},
            "clientInfo": dict(profile.broker_client_info),
        },
    }


def broker_initialize(speaker: Speaker) -> Flow[Exchange]:
    """The opening question of the OAuth broker: initialize, without a token."""
    profile = speaker.profile
    body = compact(broker_initialize_message(profile))
    url = speaker.choices.target
    extra = (("MCP-Protocol-Version", profile.handshake_version), *speaker.choices.headers)
    content = (("Content-Length", str(len(body))), ("Content-Type", "application/json"))
    return speaker.follow(
        Send(
            step=Step.CHALLENGE,
            purpose=Purpose.INITIALIZE,
            voice=Voice.BROKER,
            method="POST",
            url=url,
            headers=speaker.headers(Voice.BROKER, url, extra + content),
            body=body,
            timeout=profile.discovery_timeout,
            awaited_id=1,
        )
    )


def discover(
    speaker: Speaker, step: Step, token: str | None, *, voice: Voice = Voice.RUNTIME
) -> Flow[Exchange]:
    """`server/discover` of the stateless era."""
    params: dict[str, Json] = {"_meta": _modern_meta(speaker)}
    return _call(
        speaker,
        step,
        Purpose.DISCOVER,
        method="server/discover",
        params=params,
        request_id=speaker.profile.discover_id,
        extra=_modern_headers(speaker, "server/discover"),
        token=token,
        voice=voice,
    )


def initialize(
    speaker: Speaker,
    step: Step,
    token: str | None,
    *,
    purpose: Purpose = Purpose.INITIALIZE,
    url: str | None = None,
) -> Flow[Exchange]:
    """The handshake's initialize as the runtime sends it: without a version header."""
    params: dict[str, Json] = {
        "protocolVersion": speaker.profile.handshake_version,
        "capabilities": dict(speaker.profile.runtime_capabilities),
        "clientInfo": dict(speaker.profile.runtime_client_info),
    }
    return _call(
        speaker,
        step,
        purpose,
        method="initialize",
        params=params,
        request_id=0,
        token=token,
        url=url,
    )


def initialized(speaker: Speaker, session: Session, token: str | None) -> Flow[Exchange]:
    return _call(
        speaker,
        Step.SESSION,
        Purpose.INITIALIZED,
        method="notifications/initialized",
        params=None,
        request_id=None,
        extra=_handshake_headers(session),
        token=token,
    )


def list_tools(speaker: Speaker, step: Step, session: Session, token: str | None) -> Flow[Exchange]:
    return _session_call(
        speaker,
        step,
        Purpose.LIST_TOOLS,
        session=session,
        method="tools/list",
        params={},
        request_id=1,
        token=token,
    )


def list_others(speaker: Speaker, session: Session, token: str | None) -> Flow[None]:
    """Prompts and resources, which claude.ai asks for whether the server has any or not."""
    for number, (purpose, method) in enumerate(
        (
            (Purpose.LIST_PROMPTS, "prompts/list"),
            (Purpose.LIST_RESOURCES, "resources/list"),
        ),
        start=3,
    ):
        yield from _session_call(
            speaker,
            Step.SESSION,
            purpose,
            session=session,
            method=method,
            params={},
            request_id=number,
            token=token,
        )


def list_tools_oddly(
    speaker: Speaker, purpose: Purpose, *, session: Session, token: str | None
) -> Flow[Exchange]:
    """tools/list in a way that Claude was seen to get wrong; exploration."""
    if purpose is Purpose.WITHOUT_SESSION:
        extra = _handshake_headers(Session(session.version, False))
    else:
        newer = Session(speaker.profile.modern_version, False, session.session_id)
        extra = _handshake_headers(newer)
    return _call(
        speaker,
        Step.SESSION,
        purpose,
        method="tools/list",
        params={},
        request_id=1,
        extra=extra,
        token=token,
    )


def call_tool(
    speaker: Speaker, step: Step, session: Session, name: str, token: str | None
) -> Flow[Exchange]:
    params: dict[str, Json] = {"name": name, "arguments": {}}
    return _session_call(
        speaker,
        step,
        Purpose.CALL_TOOL,
        session=session,
        method="tools/call",
        params=params,
        request_id=2,
        token=token,
        name=name,
    )


def open_stream(speaker: Speaker, session: Session, token: str | None) -> Flow[Exchange]:
    """GET on the endpoint: the handshake era's stream of server messages, or 405."""
    return _bare(speaker, Step.SESSION, Purpose.STREAM, "GET", session=session, token=token)


def old_stream(speaker: Speaker) -> Flow[Exchange]:
    """GET on the endpoint for the stream of MCP 2024-11-05 (HTTP+SSE)."""
    return _bare(speaker, Step.CHALLENGE, Purpose.STREAM, "GET", session=None, token=None)


def end_session(speaker: Speaker, session: Session, token: str | None) -> Flow[Exchange]:
    return _bare(speaker, Step.SESSION, Purpose.END_SESSION, "DELETE", session=session, token=token)


def discovered(profile: Profile, exchange: Exchange) -> bool:
    """True when the answer to server/discover speaks the stateless era's version."""
    found = _accepted(profile, exchange)
    versions = found.result.get("supportedVersions") if found and found.result else None
    return isinstance(versions, list) and profile.modern_version in versions


def handshake(profile: Profile, exchange: Exchange) -> Session | None:
    """The session that an answer to initialize opens, or None when it is no such answer."""
    found = _accepted(profile, exchange)
    if found is None or found.result is None or exchange.response is None:
        return None
    version = found.result.get("protocolVersion")
    if not isinstance(version, str):
        return None
    return Session(version, False, exchange.response.header("mcp-session-id"))


def _accepted(profile: Profile, exchange: Exchange) -> RpcAnswer | None:
    good = exchange.status == 200 and readable(profile, exchange)
    return answer_to(exchange) if good else None


def _modern_meta(speaker: Speaker) -> dict[str, Json]:
    return {
        f"{_META}protocolVersion": speaker.profile.modern_version,
        f"{_META}clientInfo": dict(speaker.profile.runtime_client_info),
        f"{_META}clientCapabilities": dict(speaker.profile.runtime_capabilities),
    }


def _modern_headers(speaker: Speaker, method: str, name: str | None = None) -> Headers:
    headers = (("Mcp-Method", method), ("MCP-Protocol-Version", speaker.profile.modern_version))
    return (*headers, ("Mcp-Name", name)) if name else headers


def _handshake_headers(session: Session | None) -> Headers:
    if session is None:
        return ()
    headers: Headers = (("MCP-Protocol-Version", session.version),)
    return (*headers, ("Mcp-Session-Id", session.session_id)) if session.session_id else headers


def _session_call(
    speaker: Speaker,
    step: Step,
    purpose: Purpose,
    *,
    session: Session,
    method: str,
    params: dict[str, Json],
    request_id: int,
    token: str | None,
    name: str | None = None,
) -> Flow[Exchange]:
    own = speaker.profile
    if session.modern:
        params = {**params, "_meta": _modern_meta(speaker)}
        request_id += own.first_stateless_id - 1
        extra = _modern_headers(speaker, method, name)
    else:
        extra = _handshake_headers(session)
    return _call(
        speaker,
        step,
        purpose,
        method=method,
        params=params if params or own.empty_params else None,
        request_id=request_id,
        extra=extra,
        token=token,
    )


def _call(
    speaker: Speaker,
    step: Step,
    purpose: Purpose,
    *,
    method: str,
    params: Mapping[str, Json] | None,
    request_id: str | int | None,
    token: str | None,
    extra: Headers = (),
    url: str | None = None,
    voice: Voice = Voice.RUNTIME,
) -> Flow[Exchange]:
    """POST one JSON-RPC message to the target, in the runtime's voice unless told otherwise."""
    body = compact(_message(speaker.profile, method, params, request_id))
    content = (("Content-Type", "application/json"), ("Content-Length", str(len(body))))
    url = url or speaker.choices.target
    headers = _bearer(token) + extra + speaker.choices.headers + content
    return speaker.follow(
        Send(
            step=step,
            purpose=purpose,
            voice=voice,
            method="POST",
            url=url,
            headers=speaker.headers(voice, url, headers),
            body=body,
            timeout=speaker.profile.connect_timeout,
            awaited_id=request_id,
        )
    )


def _message(
    profile: Profile, method: str, params: Mapping[str, Json] | None, request_id: str | int | None
) -> dict[str, Json]:
    members: dict[str, Json] = {"jsonrpc": "2.0", "method": method}
    if request_id is not None:
        members["id"] = request_id
    if params is not None:
        members["params"] = dict(params)
    plain = request_id is None or request_id == profile.discover_id
    order = MESSAGE_MEMBERS if plain else profile.message_members
    return {name: members[name] for name in order if name in members}


def _bare(
    speaker: Speaker,
    step: Step,
    purpose: Purpose,
    method: str,
    *,
    session: Session | None,
    token: str | None,
) -> Flow[Exchange]:
    url = speaker.choices.target
    extra = _bearer(token) + _handshake_headers(session) + speaker.choices.headers
    headers = speaker.headers(Voice.RUNTIME, url, extra)
    accept = speaker.profile.stream_accept
    if method == "GET" and accept is not None:
        headers = with_value(headers, "Accept", accept)
    return speaker.follow(
        Send(
            step=step,
            purpose=purpose,
            voice=Voice.RUNTIME,
            method=method,
            url=url,
            headers=headers,
            timeout=speaker.profile.connect_timeout,
            head_only=method == "GET",
        )
    )


def _bearer(token: str | None) -> Headers:
    return (("Authorization", f"Bearer {token}"),) if token else ()
