"""Every key, and what the signs mean."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key as KeyEvent
from textual.screen import ModalScreen
from textual.widgets import Static

from harness.tui.keys import KEYS, LEGEND, MOVES, Glyphs, Key
from harness.tui.lines import wrapped
from harness.tui.panes.text import Laid, Page

_SCROLLS = {"j", "k", "g", "G", "up", "down", "home", "end", "pageup", "pagedown", "space"}


class Help(ModalScreen[None]):
    """Any key but those that scroll closes it; `pane` and `about` say where the user is."""

    def __init__(self, glyphs: Glyphs, *, pane: str, about: str) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._pane, self._about = pane, about

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall") as dialog:
            dialog.border_title = "Help"
            yield Page(id="help")
            yield Static("j k Scroll   any other key closes", classes="hint", markup=False)

    def on_mount(self) -> None:
        page = self.query_one(Page)
        page.show(lambda width: Laid(help_lines(self._glyphs, self._pane, self._about, width)))
        page.focus()

    def on_key(self, event: KeyEvent) -> None:
        if event.key not in _SCROLLS and event.character not in _SCROLLS:
            event.stop()
            event.prevent_default()
            self.dismiss()


def help_lines(glyphs: Glyphs, pane: str, about: str, width: int) -> Sequence[Content]:
    lines = wrapped(Content.styled(f"{pane}  ", "bold"), Content(about), width) if pane else []
    lines += [Content(""), Content.styled("Keys", "bold")]
    for key in KEYS:
        lines += _key_lines(key, width)
    lines += [Content(""), Content.styled("Within a pane", "bold")]
    for key in MOVES:
        lines += _key_lines(key, width)
    lines += [Content(""), Content.styled("Signs", "bold")]
    for name, meaning in LEGEND:
        sign = Content.styled(f"{getattr(glyphs, name):<7}", "$text-accent")
        lines += wrapped(sign, Content(meaning), width)
    return lines


def _key_lines(key: Key, width: int) -> list[Content]:
    return wrapped(Content.styled(f"{key.label:<7}", "bold $text-accent"), Content(key.help), width)
