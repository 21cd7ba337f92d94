"""Asks for the address of the server to check."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from harness.client.address import AddressError, read_address


class TargetInput(ModalScreen[str | None]):
    """Ends with the address, empty for the reference server, or None when nothing changes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Target"
            yield Static("The MCP URL, as it is entered in Claude:", markup=False)
            yield Input(self._target, placeholder="https://mcp.example.com/mcp", id="address")
            yield Static("Empty means the bundled reference server.", id="said", markup=False)
            yield Static("enter Take it   esc Cancel", classes="hint", markup=False)

    def on_input_changed(self) -> None:
        self._say("Empty means the bundled reference server.", wrong=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            address = read_address(event.value) if event.value.strip() else ""
        except AddressError as error:
            self._say(str(error), wrong=True)
        else:
            self.dismiss(address)

    def action_cancel(self) -> None:
        self.dismiss(None)

    def _say(self, text: str, *, wrong: bool) -> None:
        said = self.query_one("#said", Static)
        said.update(text)
        said.set_class(wrong, "-wrong")
