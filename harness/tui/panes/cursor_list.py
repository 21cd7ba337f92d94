"""A list whose cursor is seen on every terminal."""

from typing import ClassVar

from rich.style import Style
from textual.binding import BindingType
from textual.strip import Strip
from textual.widgets import OptionList

from harness.tui.keys import LIST_MOVES

_CURSOR = Style(reverse=True)
_CURSOR_ELSEWHERE = Style(underline=True)


class CursorList(OptionList):
    """An OptionList that reverses the line of the cursor where colours cannot show it.

    Textual leaves `reverse` out of the style of an option, so a rule in the style sheet would
    not do.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*LIST_MOVES]

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        if not (self.app.no_color or self.app.native_ansi_color):
            return strip
        at = self.scroll_offset.y + y
        if self.highlighted is None or at >= len(self._lines):
            return strip
        if self._lines[at][0] != self.highlighted:
            return strip
        here = self.has_focus or not self.can_focus
        return strip.apply_style(_CURSOR if here else _CURSOR_ELSEWHERE)
