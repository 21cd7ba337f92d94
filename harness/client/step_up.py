"""Asks for more scope where a call was refused for want of it (MCP, step-up authorization)."""

from functools import partial

from harness.client import mcp
from harness.client.access import Access
from harness.client.authorization import with_offline_access
from harness.client.events import Flow
from harness.client.mcp import Session
from harness.client.outcome import failed
from harness.client.renewal import called
from harness.client.sign_in import obtain
from harness.client.speaker import Speaker
from harness.model.challenge import Challenge
from harness.model.trace import Step
from harness.profiles.policy import StepUpScope


def step_up(
    speaker: Speaker, session: Session, access: Access, challenge: Challenge, *, name: str
) -> Flow[tuple[bool, Access | None]]:
    """Sign in for the challenged scope and call the tool again; False after a stop."""
    scope = _scope(speaker, access, challenge.params.get("scope", "").split())
    yield speaker.note(Step.STEP_UP, f"the call asks for scope {scope}", scope=scope)
    more = yield from obtain(
        speaker,
        server=access.server,
        client=access.client,
        resource=access.resource,
        scope=(scope or None, "step-up challenge"),
    )
    if more is None:
        return False, access
    exchange, held = yield from called(
        speaker, more, partial(mcp.call_tool, speaker, Step.STEP_UP, session, name)
    )
    problem = failed(speaker.profile, exchange)
    if problem is not None:
        yield from speaker.stop(Step.STEP_UP, f"the call failed again: {problem}")
    return problem is None, held


def _scope(speaker: Speaker, access: Access, challenged: list[str]) -> str:
    match speaker.profile.step_up_scope:
        case StepUpScope.CHALLENGED:
            return " ".join(challenged)
        case StepUpScope.CHALLENGED_OFFLINE:
            return with_offline_access(speaker, access.server, " ".join(challenged))
        case StepUpScope.UNION:
            before = (access.grant.scope or "").split()
            return " ".join(dict.fromkeys([*before, *challenged]))
