"""Every two faults at once; run it to write every_pair.txt anew, in about ten minutes.

    uv run python tests/every_pair.py

Two faults of a healthy server are found, and one of them first, or else the pair is listed with
what was found in its place. Pairs that nobody meets are among them: what is listed is to be read,
and does not have to be empty.
"""

import asyncio
import itertools
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from live import checked

from harness.diagnosis.catalogue import catalogue, scenario
from harness.model.verdict import Diagnosis, Impact

FILE = Path(__file__).with_suffix(".txt")
AT_ONCE = 20

type Pair = tuple[str, str]


def pairs() -> list[Pair]:
    """Those whose proof does not take long: a fault that outlasts Claude's patience hides all."""
    names = [one.id for one in catalogue() if one.pattern.has_fault and not one.pattern.slow]
    return list(itertools.combinations(names, 2))


def exception(pair: Pair, diagnosis: Diagnosis) -> str | None:
    """Why a pair is listed, None where one of its faults is found first and nothing is left."""
    first = next((one.id for one in diagnosis.findings), "nothing")
    left = [one.row for one in diagnosis.unexplained if one.impact is not Impact.ADVISORY]
    if first in pair and not left:
        return None
    return f"{' + '.join(pair)}: {first}" + (f"; unexplained {', '.join(left)}" if left else "")


def judged(some: list[Pair]) -> list[str]:
    """The lines for some pairs."""
    return asyncio.run(_judged(some))


async def _judged(some: list[Pair]) -> list[str]:
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for number, pair in enumerate(some):
            faults = [found for name in pair if (found := scenario(name))]
            outcome = await checked(Path(folder) / f"{number}.jsonl", *faults)
            lines += filter(None, [exception(pair, outcome.diagnosis)])
    return lines


def main() -> None:
    every = pairs()
    parts = [every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE)]
    with ProcessPoolExecutor(2) as processes:
        lines = [line for found in processes.map(judged, parts) for line in found]
    head = f"{len(every)} pairs, {len(every) - len(lines)} with one of the two first, not so:"
    FILE.write_text("\n".join((head, "", *lines)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
