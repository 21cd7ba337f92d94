"""Picks a known failure to bend the reference server by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from harness.tui.lines import clipped, styled
from harness.tui.panes.cursor_list import CursorList
from harness.tui.tones import MUTED

HEALTHY = ""


@dataclass(frozen=True)
class Choice:
    """A fault that can be picked; the id is empty for the healthy server."""

    id: str
    step: str
    title: str


class FaultPicker(ModalScreen[str | None]):
    """Ends with the id of a fault, `HEALTHY`, or None when nothing was picked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("down", "move('cursor_down')", show=False),
        Binding("up", "move('cursor_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
    ]

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._choices = (Choice(HEALTHY, "", "The healthy server, without a fault"), *choices)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall") as dialog:
            dialog.border_title = f"Reference server, {len(self._choices) - 1} faults"
            yield Input(placeholder="type to filter", id="filter")
            faults = CursorList(id="faults", compact=True, markup=False)
            faults.can_focus = False
            yield faults
            yield Static(id="about", markup=False)
            yield Static("enter Run it   up/down Move   esc Cancel", classes="hint", markup=False)

    def on_mount(self) -> None:
        self.call_after_refresh(self._fill, "")

    def on_resize(self) -> None:
        self.call_after_refresh(self._fill, self.query_one(Input).value)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        faults = self.query_one(OptionList)
        if faults.highlighted is not None:
            self.dismiss(faults.get_option_at_index(faults.highlighted).id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        one = next(each for each in self._choices if each.id == event.option.id)
        text = f"{one.step}: {one.title}." if one.step else f"{one.title}."
        self.query_one("#about", Static).update(styled(text))

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{how}")()

    def _fill(self, text: str) -> None:
        faults = self.query_one(OptionList)
        width = max(40, faults.scrollable_content_region.width)
        found = matching(self._choices, text)
        faults.clear_options()
        faults.add_options([Option(_line(one, width), id=one.id) for one in found])
        faults.highlighted = 0 if found else None


def matching(choices: Sequence[Choice], text: str) -> list[Choice]:
    """Those that hold every word of the text somewhere."""
    words = text.lower().split()
    return [
        one
        for one in choices
        if all(word in f"{one.id} {one.step} {one.title}".lower() for word in words)
    ]


def _line(choice: Choice, width: int) -> Content:
    line = Content.assemble(
        styled(choice.id or "healthy", "bold"), "  ", styled(choice.title, MUTED)
    )
    return clipped(line, width)
