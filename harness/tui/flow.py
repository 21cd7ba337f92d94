"""The main view: verdict, steps, findings, the card and the exchange of what is selected."""

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from harness.tui.cards import card, title
from harness.tui.keys import KEYS, UNICODE, Glyphs, footer
from harness.tui.lines import clipped, styled
from harness.tui.panes.bars import KeyBar, TargetLine, VerdictLine
from harness.tui.panes.card import CardPane, Room
from harness.tui.panes.detail import Detail, TabBar
from harness.tui.panes.problems import ProblemList
from harness.tui.panes.steps import StepList
from harness.tui.selection import (
    Selection,
    on_problem,
    on_step,
    shown_exchange,
    walkable,
)
from harness.tui.session import Session
from harness.tui.status import heading, problem_rows, problems_title, step_rows, verdict
from harness.tui.tabs import caption, tabs

TABS = 3


class Flow(Screen[None]):
    """Shows a session; what the user wants done with it goes to the app as `Wanted`."""

    BINDINGS: ClassVar[list[BindingType]] = [key.binding() for key in KEYS]
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (110, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-low"), (22, "-short"), (35, "-tall")]  # noqa: RUF012
    AUTO_FOCUS = "#steps"

    class Wanted(Message):
        """`run`, `stop`, `target`, `fault`, `help` or `quit`."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def __init__(self, session: Session, *, glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self.session = session
        self.glyphs = glyphs
        self.selection = Selection()
        self.unmasked = False
        self.exact = False
        self.tab = 0
        self.now = 0.0

    def compose(self) -> ComposeResult:
        yield Static("Make the window larger, or use harness check.", id="small", markup=False)
        yield TargetLine(id="target")
        yield VerdictLine(id="verdict")
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield StepList(id="steps")
                yield ProblemList(id="problems")
            with Vertical(id="right"):
                yield CardPane(id="card")
                yield Detail(id="detail")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        self.query_one(StepList).border_title = "Steps"
        self.draw()

    def on_resize(self) -> None:
        # Which size classes apply is known only after this event.
        self.call_after_refresh(self._draw_selection)

    @property
    def zoomed(self) -> bool:
        return self.has_class("-zoomed")

    @property
    def _detail_shown(self) -> bool:
        """False where there is no room for it until the lower pane is zoomed."""
        roomy = self.has_class("-wide") or self.has_class("-tall")
        return self.zoomed or roomy

    def show(self, session: Session, *, now: float) -> None:
        """Draw a newer session; while it runs the selection follows unless the user moved it."""
        self.session, self.now = session, now
        if session.stage.busy and not self.selection.by_user:
            self.selection = Selection(step=session.current)
        if self.is_mounted:
            self.draw()

    def start_over(self) -> None:
        """Look at a new run from its beginning."""
        self.selection = Selection()
        self.tab = 0

    def select(self, selection: Selection) -> None:
        self.selection = selection
        if self.is_mounted:
            self.draw()

    def draw(self) -> None:
        """Hand every pane its data."""
        session = self.session
        self.query_one(TargetLine).show(heading(session, now=self.now, unmasked=self.unmasked))
        self.query_one(VerdictLine).show(verdict(session, self.glyphs))
        self.query_one(StepList).show(step_rows(session, self.glyphs), self.selection.step)
        problems = self.query_one(ProblemList)
        problems.border_title = problems_title(session)
        empty = "Nothing was found." if session.diagnosis else "Findings appear after a run."
        problems.show(problem_rows(session, self.glyphs), self.selection.problem, empty=empty)
        self._draw_selection()

    def _draw_selection(self) -> None:
        session, selection = self.session, self.selection
        tall = self.has_class("-tall")
        room = Room.LARGE if tall else Room.MIDDLE if self.zoomed else Room.SMALL
        found = walkable(session, selection, unmasked=self.unmasked)
        exchange = shown_exchange(session, selection, found)
        shown = card(session, selection)
        self.query_one(CardPane).show_card(shown, room=room)
        self._title(title(shown, exchange))
        made = tabs(session, selection, exchange, exact=self.exact, glyphs=self.glyphs)
        subject = (selection.step, selection.problem, exchange.n if exchange else None, self.exact)
        self.query_one(Detail).show(made, self.tab, caption(exchange, found), subject)
        self.query_one(KeyBar).show(
            footer(
                session.stage,
                zoomed=self.zoomed,
                detail=self._detail_shown,
                problems=bool(session.problems),
                several=len(found) > 1,
                masked=not self.unmasked,
                exact=self.exact,
            )
        )

    def _title(self, text: str) -> None:
        """Above the card where that is one of several panes, else on the frame around it."""
        pane = self.query_one("#right", Vertical)
        line = clipped(styled(text), max(10, pane.size.width - 6))
        pane.border_title = line
        self.query_one(CardPane).border_title = Content.assemble(" ", line, " ")

    def on_step_list_picked(self, message: StepList.Picked) -> None:
        self.select(on_step(self.session, message.step))

    def on_problem_list_picked(self, message: ProblemList.Picked) -> None:
        self.select(on_problem(self.session, message.index))

    def on_option_list_option_selected(self) -> None:
        self.action_zoom()

    def on_tab_bar_clicked(self, message: TabBar.Clicked) -> None:
        self.tab = message.index
        self._draw_selection()

    async def on_key_bar_clicked(self, message: KeyBar.Clicked) -> None:
        await self.run_action(message.action)

    def action_run(self) -> None:
        self.post_message(self.Wanted("run"))

    def action_target(self) -> None:
        self.post_message(self.Wanted("target"))

    def action_fault(self) -> None:
        self.post_message(self.Wanted("fault"))

    def action_help(self) -> None:
        self.post_message(self.Wanted("help"))

    def action_quit(self) -> None:
        self.post_message(self.Wanted("quit"))

    def action_back(self) -> None:
        """Out of the zoom, else stop what runs, else from a step to the summary."""
        if self.zoomed:
            self._zoom(False)
        elif self.session.stage.busy:
            self.post_message(self.Wanted("stop"))
        elif self.selection.step is not None:
            self.select(Selection(by_user=True))
            self.query_one(StepList).focus()

    def action_zoom(self) -> None:
        if not self.zoomed:
            self._zoom(True)

    def _zoom(self, on: bool) -> None:
        self.set_class(on, "-zoomed")
        target = self.query_one(Detail).page if on else self.query_one(StepList)
        # The panes that come or go have their size only after a refresh.
        self.call_after_refresh(target.focus)
        self.call_after_refresh(self._draw_selection)

    def action_next_problem(self) -> None:
        count = len(self.session.problems)
        if count:
            at = self.selection.problem
            self.select(on_problem(self.session, 0 if at is None else (at + 1) % count))

    def action_next_tab(self) -> None:
        self._turn(1)

    def action_previous_tab(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        if self._bring_detail():
            self.tab = (self.tab + by) % TABS
        self._draw_selection()

    def _bring_detail(self) -> bool:
        """Zoom when the detail is hidden; True when it was in view already."""
        shown = self._detail_shown
        if not shown:
            self._zoom(True)
        return shown

    def action_next_exchange(self) -> None:
        self._walk(1)

    def action_previous_exchange(self) -> None:
        self._walk(-1)

    def _walk(self, by: int) -> None:
        if not self._bring_detail():
            return
        found = walkable(self.session, self.selection, unmasked=self.unmasked)
        shown = shown_exchange(self.session, self.selection, found)
        if shown is None:
            return
        at = max(0, min(len(found) - 1, found.index(shown) + by))
        self.select(replace(self.selection, exchange=found[at].n, by_user=True))

    def action_mask(self) -> None:
        self.unmasked = not self.unmasked
        self.draw()

    def action_exact(self) -> None:
        if self._bring_detail() and self.tab == 0:
            self.exact = not self.exact
        self.tab = 0
        self._draw_selection()
