"""A scrollable page of ready-made lines; only the visible ones are rendered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from harness.tui.keys import TEXT_MOVES


@dataclass(frozen=True)
class Laid:
    """Lines for one width, and the first one worth seeing."""

    lines: Sequence[Content] = ()
    mark: int | None = None


type Maker = Callable[[int], Laid]
"""Lays a page out for a width in cells."""


def _nothing(_width: int) -> Laid:
    return Laid()


class Page(ScrollView, can_focus=True):
    """Shows what a maker lays out; asks it again when the width changes."""

    BINDINGS: ClassVar[list[BindingType]] = [*TEXT_MOVES]
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._maker: Maker = _nothing
        self._laid = Laid()
        self._width = -1
        self._fresh = False

    def show(self, maker: Maker, *, fresh: bool = False) -> None:
        """Lay out anew; a fresh page starts at its mark, else the scroll position stays."""
        self._maker = maker
        self._fresh = self._fresh or fresh
        self._width = -1
        self._fit()
        self.refresh(layout=self.styles.is_auto_height)

    @property
    def lines(self) -> Sequence[Content]:
        return self._laid.lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._maker(width - self.scrollbar_size_vertical).lines)

    def on_resize(self) -> None:
        self._fit()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        at = y + self.scroll_offset.y
        style = self.visual_style
        if at >= len(self.lines) or width <= 0:
            return Strip.blank(width, style.rich_style)
        strips = Visual.to_strips(self, self.lines[at], width, 1, style, pad=True)
        return strips[0] if strips else Strip.blank(width, style.rich_style)

    def _fit(self) -> None:
        """Lay out for the width there is now."""
        width, height = self.scrollable_content_region.size
        if width <= 0 or height <= 0:
            return
        if width != self._width:
            self._width = width
            self._laid = self._maker(width)
            self.virtual_size = Size(width, len(self.lines))
        if self._fresh:
            self._fresh = False
            self.call_after_refresh(self._to_mark)

    def _to_mark(self) -> None:
        """Scroll so that the mark is in view, with a little before it; to the top without one."""
        mark = self._laid.mark
        if mark is None:
            self.scroll_home(animate=False, immediate=True, force=True)
        else:
            around = Region(0, max(0, mark - 2), 1, 5)
            self.scroll_to_region(around, animate=False, immediate=True, force=True)
