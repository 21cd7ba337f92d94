"""The list of the steps and how each went."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from harness.model.trace import Step
from harness.tui.lines import clipped, styled
from harness.tui.panes.cursor_list import CursorList
from harness.tui.tones import MUTED

_NAME = max(len(step) for step in Step)


@dataclass(frozen=True, kw_only=True)
class StepRow:
    """`tag` names the problem found at the step."""

    step: Step
    glyph: str
    tone: str
    said: str = ""
    time: str = ""
    tag: str = ""


class StepList(CursorList):
    """One line per step; moving the cursor selects."""

    class Picked(Message):
        def __init__(self, step: Step) -> None:
            super().__init__()
            self.step = step

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(*(Option("") for _ in Step), id=id, compact=True, markup=False)
        self._rows: Sequence[StepRow] = ()
        self._drawn: list[Content | None] = [None] * len(Step)

    def show(self, rows: Sequence[StepRow], at: Step | None) -> None:
        self._rows = rows
        self._draw()
        wanted = None if at is None else at.position
        if self.highlighted != wanted:
            with self.prevent(OptionList.OptionHighlighted):
                self.highlighted = wanted

    def on_resize(self) -> None:
        self._draw()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        # A list highlights its first option by itself, which nobody picked.
        if self._rows and event.option_index == self.highlighted:
            self.post_message(self.Picked(list(Step)[event.option_index]))

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        for index, row in enumerate(self._rows):
            line = step_line(index + 1, row, width)
            before = self._drawn[index]
            if before is None or not before.is_same(line):
                self._drawn[index] = line
                self.replace_option_prompt_at_index(index, line)


def step_line(number: int, row: StepRow, width: int) -> Content:
    """`8 ✗ token   400 invalid_target   token-invalid-target   97 ms`, as wide as there is room.

    In a narrow line the problem's name goes first, then the account is cut.
    """
    head = Content.assemble(
        (f"{number:>2} ", MUTED),
        (f"{row.glyph:>2} ", row.tone),
        (f"{row.step:<{_NAME}} ", "" if row.tone != MUTED else row.tone),
    )
    time = Content.styled(f"{row.time:>7}", MUTED) if row.time else Content("")
    room = width - head.cell_length - 8
    said = styled(row.said, "" if row.tone != MUTED else row.tone)
    tag = styled(row.tag, row.tone)
    if row.tag and room - tag.cell_length >= 12:
        said = clipped(said, room - tag.cell_length - 2)
        said = Content.assemble(said, " " * max(2, room - said.cell_length - tag.cell_length), tag)
    else:
        said = clipped(said, max(0, room))
    gap = " " * max(0, width - head.cell_length - said.cell_length - time.cell_length)
    return Content.assemble(head, said, gap, time).truncate(width)
