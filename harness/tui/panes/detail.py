"""The tabs below the card: the exchange, what was expected of it, its timing."""

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from harness.tui.lines import joined, styled
from harness.tui.panes.text import Maker, Page
from harness.tui.tones import MUTED


@dataclass(frozen=True)
class Tab:
    """`make` lays the tab out for a width."""

    name: str
    make: Maker


class TabBar(Widget):
    """The names of the tabs, the active one reversed; what is shown on the right."""

    names: tuple[str, ...] = ()
    active = 0
    caption = ""

    class Clicked(Message):
        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def render(self) -> Content:
        parts: list[Content | tuple[str, str]] = [
            (f" {name} ", "bold reverse" if index == self.active else "")
            for index, name in enumerate(self.names)
        ]
        return joined(
            Content.assemble(*parts),
            styled(self.caption, MUTED),
            self.content_size.width,
        )

    def on_click(self, event: Click) -> None:
        left = 0
        for index, name in enumerate(self.names):
            if left <= event.x < left + len(name) + 2:
                self.post_message(self.Clicked(index))
            left += len(name) + 2


class Detail(Vertical):
    """Holds the tabs; scrolling starts anew when `subject` changes."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._subject: object = None

    def compose(self) -> ComposeResult:
        yield TabBar(id="tabs")
        yield Page(id="page")

    @property
    def page(self) -> Page:
        return self.query_one(Page)

    def show(self, tabs: tuple[Tab, ...], active: int, caption: str, subject: object) -> None:
        bar = self.query_one(TabBar)
        bar.names, bar.active, bar.caption = tuple(tab.name for tab in tabs), active, caption
        bar.refresh()
        fresh = (subject, active) != self._subject
        self._subject = (subject, active)
        self.page.show(tabs[active].make, fresh=fresh)
