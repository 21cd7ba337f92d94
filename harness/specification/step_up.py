"""Asking for more scope in the middle of a session."""

from harness.diagnosis.reading import evidence, status_evidence
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.specification.reading import (
    Found,
    bearer_of,
    challenge_lines,
    response,
    shown,
    some,
    when,
)
from harness.specification.reasons import INTERNALS, not_ours, ours
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)

_WORDS = ("insufficient_scope", "insufficient scope")


@requirement("step-403")
def too_little_scope_is_403(trace: Trace) -> Found:
    """A call that lacks a scope is refused with 403."""
    asked = [one for one in _tool_calls(trace) if _lacks_scope(one)]
    for one in some(asked):
        if one.status != 403:
            yield status_evidence(one, "403 with insufficient_scope")


@requirement("step-challenge")
def challenge_names_the_scope(trace: Trace) -> Found:
    """That 403 names the error, the scope and the resource metadata."""
    refused = [
        (one, challenge)
        for one in _tool_calls(trace)
        if one.status == 403
        and (challenge := bearer_of(one)) is not None
        and challenge.params.get("error") == "insufficient_scope"
    ]
    for one, challenge in some(refused):
        for name in ("scope", "resource_metadata"):
            if not challenge.params.get(name):
                text = ", ".join(challenge_lines(one))
                yield evidence(one, "response.header.www-authenticate", text, name)


@requirement("step-complete-scope")
def one_step_is_enough(trace: Trace) -> Found:
    """With the scope that was asked for, the same call goes through."""
    one = shown(trace.last(Step.STEP_UP, Purpose.CALL_TOOL))
    when(one.response)
    if _lacks_scope(one):
        yield status_evidence(one, "200 with the scope that was asked for")


_UNSEEN = (
    unseen("step-hierarchy", "A scope that implies the needed one is enough.", INTERNALS),
    unseen(
        "c-step-attempt",
        "A call that lacks a scope starts a new authorization.",
        ours("client.connect"),
    ),
    unseen(
        "c-step-union",
        "The new request asks for the old and the new scopes.",
        not_ours("which scope Claude asks for then is set by the profile"),
    ),
    unseen("c-step-limit", "The client tries once, and then gives up.", ours("client.connect")),
    unseen(
        "c-step-claude", "The profile says what the surface does at a step-up.", ours("profiles")
    ),
)


def _tool_calls(trace: Trace) -> list[Exchange]:
    return some(
        one
        for step in (Step.SESSION, Step.STEP_UP)
        for one in trace.at(step, Purpose.CALL_TOOL)
        if one.response is not None
    )


def _lacks_scope(exchange: Exchange) -> bool:
    """True when the server says, in the challenge or the result, that a scope is missing."""
    challenge = bearer_of(exchange)
    named = challenge is not None and challenge.params.get("error") == "insufficient_scope"
    text = response(exchange).text[:4096].lower()
    return named or (exchange.status == 200 and any(word in text for word in _WORDS))


ROWS: tuple[Requirement, ...] = (
    too_little_scope_is_403,
    challenge_names_the_scope,
    one_step_is_enough,
    *_UNSEEN,
)
