"""An attempt's lines asked by step, and the endings it can have."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.diagnosis.access_log.meaning import Meaning, meaning
from harness.model.access_log import Seen
from harness.model.trace import Step
from harness.model.verdict import Surface, Verdict

REDIRECTS = (301, 302, 303, 307, 308)
FLOW = (
    Step.CHALLENGE,
    Step.RESOURCE_METADATA,
    Step.SERVER_METADATA,
    Step.REGISTRATION,
    Step.AUTHORIZE,
    Step.LOGIN,
    Step.TOKEN,
    Step.CONNECT,
)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The verdict on one attempt; `headline` ends a sentence that the verdict begins."""

    verdict: Verdict
    headline: str
    step: Step | None = None
    last: Seen | None = None
    means: Meaning | None = None


@dataclass(frozen=True)
class Story:
    """An attempt's lines, asked by step."""

    seen: tuple[Seen, ...]
    surface: Surface | None
    use: bool = False

    def at(self, *steps: Step) -> list[Seen]:
        return [one for one in self.seen if one.step in steps]

    def succeeded(self, step: Step) -> bool:
        """True where one answer was good enough to go on; a page may also redirect."""
        human = step in (Step.AUTHORIZE, Step.LOGIN)
        return any(
            one.line.succeeded or (human and one.line.status in REDIRECTS) for one in self.at(step)
        )

    def after(self, seen: Seen, among: Sequence[Seen]) -> list[Seen]:
        """Those of some lines that come later than a line."""
        later = {id(one) for one in self.seen[self.seen.index(seen) + 1 :]}
        return [one for one in among if id(one) in later]

    @property
    def calls(self) -> list[Seen]:
        """What was posted to the endpoint after the sign-in, or without one."""
        found = self.at(Step.CONNECT, Step.SESSION)
        return [one for one in found if one.line.method == "POST"]

    @property
    def furthest(self) -> Step:
        return max((one.step for one in self.seen if one.step in FLOW), key=FLOW.index)


def fails(last: Seen, text: str, story: Story, means: Meaning | None = None) -> Ending:
    return Ending(
        verdict=Verdict.FAILS,
        headline=text,
        step=last.step,
        last=last,
        means=means or meaning(last, story.surface),
    )


def connects(text: str, last: Seen) -> Ending:
    return Ending(verdict=Verdict.CONNECTS, headline=text, last=last)


def undecided(text: str, last: Seen, means: Meaning) -> Ending:
    return Ending(
        verdict=Verdict.INCONCLUSIVE, headline=text, step=last.step, last=last, means=means
    )


def status_of(seen: Seen) -> str:
    return "nothing" if seen.line.status in (None, 0) else str(seen.line.status)


def statuses_of(seen: Sequence[Seen]) -> str:
    return ", ".join(dict.fromkeys(status_of(one) for one in seen))


def request_of(seen: Seen) -> str:
    return f"{seen.line.method} {seen.line.path}"
