"""Finds the text that evidence quotes in the lines of a message."""

from collections.abc import Iterable, Sequence

from harness.model.verdict import Evidence
from harness.tui.wire import WireLine

type Marks = dict[int, tuple[int, int]]
"""The marked characters of a line, by the line's index."""


def marks(lines: Sequence[WireLine], evidence: Iterable[Evidence]) -> Marks:
    """Where each quote stands; nothing for what is quoted as absent."""
    found: Marks = {}
    for one in evidence:
        found |= _marks(lines, one)
    return found


def _marks(lines: Sequence[WireLine], evidence: Evidence) -> Marks:
    quote = evidence.quote.removesuffix("…")
    if not quote.strip():
        return {}
    own = [
        (index, line) for index, line in enumerate(lines) if _stands_at(evidence.place, line.place)
    ]
    member = evidence.place.rpartition(".")[2]
    named = [
        (index, line) for index, line in own if f'"{member}"' in line.text or member in line.name
    ]
    for index, line in (*named, *own):
        start = line.whole.find(quote, len(line.name) if quote in line.text else 0)
        if start >= 0:
            return {index: (start, start + len(quote))}
    return _spread(own, quote)


def _stands_at(place: str, line_place: str) -> bool:
    """True when a line may hold what evidence saw at a place (`response.body.issuer`)."""
    if place == "request.method":
        return line_place == "request.url"
    return place == line_place or place.startswith(f"{line_place}.")


def _spread(lines: Sequence[tuple[int, WireLine]], quote: str) -> Marks:
    """A quote that layout spread over several lines: equal but for white space, from the start."""
    left = "".join(quote.split())
    found: Marks = {}
    for index, line in lines:
        text = "".join(line.whole.split())
        if not left:
            break
        if not text:
            continue
        if not (left.startswith(text) or text.startswith(left)):
            return {}
        blank = len(line.whole) - len(line.whole.lstrip())
        found[index] = (blank, len(line.whole.rstrip()))
        left = left[len(text) :]
    return found
