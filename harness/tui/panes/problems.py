"""The list of findings and of what no known pattern explains."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from harness.tui.lines import clipped, styled
from harness.tui.panes.cursor_list import CursorList
from harness.tui.tones import MUTED


@dataclass(frozen=True)
class ProblemRow:
    glyph: str
    tone: str
    number: int
    """The step's number."""
    name: str
    title: str


class ProblemList(CursorList):
    """One line per problem, worst first; moving the cursor selects."""

    class Picked(Message):
        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, compact=True, markup=False)
        self._rows: tuple[ProblemRow, ...] = ()
        self._empty = ""

    def show(self, rows: Sequence[ProblemRow], at: int | None, *, empty: str) -> None:
        """`empty` is said where there is no problem."""
        if tuple(rows) != self._rows or empty != self._empty:
            self._rows, self._empty = tuple(rows), empty
            self._draw()
        if self.highlighted != at:
            with self.prevent(OptionList.OptionHighlighted):
                self.highlighted = at

    def on_resize(self) -> None:
        self._draw()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        # A list highlights its first option by itself, which nobody picked.
        if event.option_index == self.highlighted:
            self.post_message(self.Picked(event.option_index))

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        at = self.highlighted
        with self.prevent(OptionList.OptionHighlighted):
            self.clear_options()
            self.add_options([Option(problem_line(row, max(20, width))) for row in self._rows])
            if not self._rows:
                self.add_option(Option(styled(f" {self._empty}", MUTED), disabled=True))
            self.highlighted = at if at is not None and at < len(self._rows) else None


def problem_line(row: ProblemRow, width: int) -> Content:
    head = Content.assemble((f"{row.glyph:>2} ", row.tone), (f"{row.number:>2} ", MUTED))
    name = styled(row.name)
    title = styled(row.title, MUTED)
    return clipped(Content.assemble(head, name, "  ", title), width)
