"""The step ladder of an attempt, in the words of a log."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from harness.diagnosis.access_log.story import Ending, Story, status_of
from harness.diagnosis.speaker import Speaker, speaker
from harness.model.access_log import Rung, Seen
from harness.model.trace import Purpose, Step
from harness.model.verdict import StepStatus, Surface, Verdict

_STEPS = [one for one in Step if Step.CHALLENGE.position <= one.position <= Step.REFRESH.position]
_MCP = (Step.CHALLENGE, Step.CONNECT, Step.SESSION)
_MOST = 5
_FORMS = {
    Purpose.METADATA_PATH: "path form",
    Purpose.METADATA_ROOT: "root form",
    Purpose.RFC8414: "RFC 8414",
    Purpose.OIDC: "OpenID",
    Purpose.OIDC_APPENDED: "OpenID, appended",
}


def rungs(story: Story, ending: Ending) -> tuple[Rung, ...]:
    """One rung per step; a refresh only where one was asked for."""
    return tuple(
        _rung(story, step, ending)
        for step in _STEPS
        if step is not Step.REFRESH or story.at(Step.REFRESH)
    )


def _rung(story: Story, step: Step, ending: Ending) -> Rung:
    seen = story.at(step)
    lines = tuple(one.line.number for one in seen)
    return Rung(
        step=step,
        status=_status(story, step, ending),
        said=_account(seen, step) if seen else _absent(story, step),
        lines=lines,
    )


def _status(story: Story, step: Step, ending: Ending) -> StepStatus:
    if ending.verdict is Verdict.FAILS and step is ending.step:
        return StepStatus.BROKEN
    if not story.at(step):
        return StepStatus.NOT_REACHED
    challenged = step is Step.CHALLENGE and any(
        one.line.status == 401 for one in story.at(Step.CHALLENGE)
    )
    return StepStatus.OK if challenged or story.succeeded(step) else StepStatus.SKIPPED


def _absent(story: Story, step: Step) -> str:
    if step is Step.CALLBACK:
        here = story.surface is Surface.CLAUDE_CODE
        return f"{'on the user’s machine' if here else 'at claude.ai'}, never in this log"
    return "nothing in this log"


def _account(seen: Sequence[Seen], step: Step) -> str:
    """The requests in a row: those that are alike together."""
    told = [
        f"{name} {_many([status_of(one) for one in ones])}"
        for name, ones in _alike(seen, with_path=step not in _MCP)
    ]
    more = f", {len(told) - _MOST} more" if len(told) > _MOST else ""
    return ", ".join(told[:_MOST]) + more


def _alike(seen: Sequence[Seen], *, with_path: bool) -> Iterator[tuple[str, list[Seen]]]:
    for name, ones in groupby(seen, key=lambda one: _name(one, with_path=with_path)):
        yield name, list(ones)


def _name(seen: Seen, *, with_path: bool) -> str:
    if seen.purpose in _FORMS:
        return _FORMS[seen.purpose]
    if with_path or seen.purpose is Purpose.OTHER:
        return f"{seen.line.method} {seen.line.path}"
    who = speaker(seen.line)
    by = f" ({who})" if who not in (Speaker.UNNAMED, Speaker.CODE) else ""
    return f"{seen.line.method}{by}"


def _many(statuses: Sequence[str]) -> str:
    return " ".join(
        status if count == 1 else f"{status} x{count}"
        for status, ones in groupby(statuses)
        if (count := len(list(ones)))
    )
