"""What became of a recorded run in its repetition, in one sentence."""

from enum import StrEnum

from harness.diagnosis.changes import Changes
from harness.model.trace import Trace
from harness.model.verdict import Verdict


class Fate(StrEnum):
    """How a repeated run ended, beside the recorded one."""

    FIXED = "fixed"
    STILL_BROKEN = "still-broken"
    NEWLY_BROKEN = "newly-broken"
    STILL_CONNECTS = "still-connects"
    UNDECIDED = "undecided"


def fate(changes: Changes) -> Fate:
    """What the verdicts of the recorded and of the live run say together."""
    recorded, live = changes.one.verdict, changes.other.verdict
    match recorded, live:
        case _, Verdict.INCONCLUSIVE:
            return Fate.UNDECIDED
        case Verdict.FAILS, Verdict.FAILS:
            return Fate.STILL_BROKEN
        case _, Verdict.FAILS:
            return Fate.NEWLY_BROKEN
        case Verdict.CONNECTS, _:
            return Fate.STILL_CONNECTS
    return Fate.FIXED


def fate_sentence(changes: Changes, live: Trace) -> str:
    """The same for a person; a recorded client that stopped early says nothing of what follows."""
    was, now = changes.one.stopped_at, changes.other.stopped_at
    until = live.choices.get("until")
    match fate(changes):
        case Fate.FIXED:
            tail = f"; the recorded client asks nothing after {until}" if until else ""
            return f"FIXED: the repeated run gets past {was}{tail}"
        case Fate.STILL_BROKEN:
            moved = f", and no more at {was}" if was is not now else ""
            return f"STILL BROKEN at {now}{moved}"
        case Fate.NEWLY_BROKEN:
            return f"NEWLY BROKEN at {now}"
        case Fate.STILL_CONNECTS:
            return "STILL CONNECTS"
        case Fate.UNDECIDED:
            return f"UNDECIDED: {changes.other.headline.removeprefix('INCONCLUSIVE: ')}"
