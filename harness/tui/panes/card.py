"""The card: what is known about the selected step or problem, in labelled paragraphs."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from textual.content import Content

from harness.report.printable import printable
from harness.tui.lines import clipped, paragraphs, styled, wrapped
from harness.tui.panes.text import Laid, Page

_LABEL = 10


class Room(Enum):
    """How much of the screen the card has."""

    SMALL = 1
    MIDDLE = 2
    LARGE = 3


@dataclass(frozen=True)
class Entry:
    """`most` and `middle` are the lines it may take in a small and a middle room; 0 hides it."""

    label: str
    text: str
    style: str = ""
    most: int | None = None
    middle: int | None = None

    def limit(self, room: Room) -> int | None:
        match room:
            case Room.SMALL:
                return self.most
            case Room.MIDDLE:
                return self.middle
            case Room.LARGE:
                return None


@dataclass(frozen=True)
class Card:
    """`head` is its first line; `tone` colours it."""

    title: str
    head: str = ""
    tone: str = ""
    entries: tuple[Entry, ...] = ()


class CardPane(Page):
    """Shows a card; a small room cuts long paragraphs."""

    _card = Card("")

    def show_card(self, card: Card, *, room: Room) -> None:
        self.show(lambda width: Laid(card_lines(card, width, room=room)), fresh=card != self._card)
        self._card = card


def card_lines(card: Card, width: int, *, room: Room) -> Sequence[Content]:
    lines: list[Content] = []
    if card.head:
        lines += wrapped(Content(""), styled(card.head, f"bold {card.tone}"), width)
    before = ""
    for entry in card.entries:
        label = "" if entry.label == before else entry.label
        before = entry.label
        lines += _entry_lines(entry, label, width, room=room)
    return lines


def _entry_lines(entry: Entry, label: str, width: int, *, room: Room) -> list[Content]:
    first = Content.styled(f"{label:<{_LABEL}}", "$text-accent")
    blank = Content(" " * _LABEL)
    limit = entry.limit(room)
    if limit == 0:
        return []
    lines: list[Content] = []
    for text, example in paragraphs(entry.text):
        if example:
            lines.append(clipped(Content.assemble(first, printable(text)), width))
        else:
            lines += wrapped(first, styled(text, entry.style), width, limit=limit)
        first = blank
        if limit is not None and len(lines) >= limit:
            return lines[:limit]
    return lines
