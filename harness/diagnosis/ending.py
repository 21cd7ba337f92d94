"""Where a passively captured connection ends: refused, going on, or out of sight."""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.contract import unmet_rows
from harness.model.jsonrpc import answer_to
from harness.model.trace import Exchange, Note, NoteKind, Purpose, Step, Trace, Voice
from harness.model.verdict import Impact
from harness.model.wellknown import query

_OPENING = (Purpose.DISCOVER, Purpose.INITIALIZE)
_DECIDES = {
    Step.CHALLENGE: _OPENING,
    Step.RESOURCE_METADATA: (),
    Step.SERVER_METADATA: (),
    Step.REGISTRATION: (Purpose.REGISTER,),
    Step.AUTHORIZE: (Purpose.AUTHORIZE,),
    Step.LOGIN: (Purpose.PAGE,),
    Step.CALLBACK: (Purpose.CALLBACK,),
    Step.TOKEN: (Purpose.TOKEN,),
    Step.CONNECT: _OPENING,
    Step.SESSION: (Purpose.LIST_TOOLS,),
    Step.REFRESH: (Purpose.REFRESH, Purpose.LIST_TOOLS),
    Step.STEP_UP: (Purpose.CALL_TOOL,),
}
"""The exchanges that show how a step went; all of it where none are named."""
_CALLS = (Step.CONNECT, Step.SESSION, Step.REFRESH, Step.STEP_UP)
_RESULT = {Step.TOKEN: "access_token", Step.REFRESH: "access_token", Step.REGISTRATION: "client_id"}
_HOLDS = {
    Purpose.INITIALIZE: "protocolVersion",
    Purpose.DISCOVER: "supportedVersions",
    Purpose.LIST_TOOLS: "tools",
}
"""What the result of a call has at least."""
_METADATA = (Step.RESOURCE_METADATA, Step.SERVER_METADATA)
NOT_CAPTURED, NOT_SEEN = "not in the capture", "not seen here"


def conclude(trace: Trace, *, absent: str = NOT_CAPTURED) -> Trace:
    """The trace with notes that say how it ends, and which steps it does not show.

    `absent` says that of a step that is not there.
    """
    end = _end(trace)
    notes = [*trace.notes, *([end] if end else [])]
    seen = {one.step for one in trace.exchanges}
    furthest = max((one.position for one in seen), default=-1)
    for step in Step:
        missing = step not in seen and step is not Step.REACH
        refused = end is not None and end.kind is NoteKind.STOP and step.position > furthest
        if missing and not refused and trace.decision(step, "way") is None:
            notes.append(Note(step=step, kind=NoteKind.SKIP, text=absent))
    return replace(trace, notes=tuple(notes))


def _end(trace: Trace) -> Note | None:
    """A stop that the exchanges show, an end out of sight, or None where the connection works."""
    last = next(_decisive(trace), None)
    works = [one for one in trace.exchanges if _works(one)]
    if last is not None and _refused(trace, last) and not any(one.n > last.n for one in works):
        text = f"{_outcome(last)}, and nothing goes further"
        return Note(step=last.step, kind=NoteKind.STOP, text=text, after=last.n)
    if works or any(one.impact is Impact.BREAKS for one in unmet_rows(trace)):
        return None
    where = last.step if last is not None else Step.REACH
    text = f"nothing is seen after {where}; whether the connection goes on is not known"
    return Note(step=where, kind=NoteKind.ABORTED, text=text)


def _decisive(trace: Trace) -> Iterator[Exchange]:
    """The last exchange of each step that shows how it went, the one that decides first."""
    opened = list(trace.at(Step.CHALLENGE, *_OPENING, exploration=False))
    # Of the hosted surface's two clients, the broker is the one that starts the sign-in.
    opened = [one for one in opened if one.voice is Voice.BROKER] or opened
    turned_away = bool(opened) and all(_refused(trace, one) for one in opened)
    own = (one.step.position for one in trace.exchanges if not one.exploration)
    # Whom the first call turns away may still look for metadata.
    if turned_away and max(own) <= Step.SERVER_METADATA.position:
        yield opened[-1]
    for step in sorted(_DECIDES, key=lambda one: -one.position):
        found = list(trace.at(step, *_DECIDES[step], exploration=False))
        # A token that was renewed is worth no more than the call that carries it.
        if found and not (found[-1].purpose is Purpose.REFRESH and found[-1].status == 200):
            yield found[-1]


def _refused(trace: Trace, exchange: Exchange) -> bool:
    """True where the answer itself says no; what the client made of a good one is not known."""
    response, step = exchange.response, exchange.step
    if response is None:
        return exchange.failure is not None
    if step is Step.CALLBACK:
        return _other_state(trace, exchange)
    if response.is_redirect or response.status < 300:
        return _without_result(exchange)
    if step is Step.CHALLENGE:
        return response.status != 401
    if step is Step.LOGIN:
        # A wrong password is refused too, and the person tries again.
        return response.status >= 500
    if step in _METADATA:
        return all(one.status != 200 for one in trace.at(step, exploration=False))
    return response.status >= 400


def _other_state(trace: Trace, callback: Exchange) -> bool:
    """True where the browser came back with another state than it was sent off with."""
    asked = trace.last(Step.AUTHORIZE, Purpose.AUTHORIZE)
    sent = query(asked.request.url).get("state") if asked else None
    return sent is not None and query(callback.request.url).get("state") not in (sent, None)


def _without_result(exchange: Exchange) -> bool:
    """True for a good status over a body that holds an error, or not what was asked for."""
    response = exchange.response
    if response is None or response.is_redirect or not response.body:
        return False
    if exchange.purpose in _HOLDS:
        found = answer_to(exchange)
        return found is None or found.result is None or _HOLDS[exchange.purpose] not in found.result
    if exchange.step in _CALLS and exchange.purpose is not Purpose.REFRESH:
        found = answer_to(exchange)
        return found is None or found.result is None
    member = _RESULT.get(exchange.step)
    return member is not None and not (exchange.json_object or {}).get(member)


def _works(exchange: Exchange) -> bool:
    """True for a call of MCP that was answered with a result."""
    opening = exchange.step is Step.CHALLENGE and exchange.purpose in _OPENING
    asks = exchange.purpose in _HOLDS or exchange.purpose is Purpose.CALL_TOOL
    if not asks or not (opening or exchange.step in _CALLS) or exchange.status != 200:
        return False
    return not _without_result(exchange) and (not opening or answer_to(exchange) is not None)


def _outcome(exchange: Exchange) -> str:
    if exchange.response is None:
        return exchange.failure.text if exchange.failure else "no answer"
    return f"the last answer at {exchange.step} is {exchange.response.status}"
