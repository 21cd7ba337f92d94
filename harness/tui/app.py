"""The terminal UI as a program; the engine is imported once the first frame stands."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from textual.app import App, SystemCommand
from textual.message import Message
from textual.screen import Screen

from harness.model.trace import NoteKind, Trace
from harness.model.verdict import Diagnosis
from harness.tui.flow import Flow
from harness.tui.keys import ASCII, KEYS, UNICODE, Glyphs
from harness.tui.news import Finished, News, Started, Trouble
from harness.tui.selection import after_end
from harness.tui.session import Session, Stage, ordered, told
from harness.tui.setup import Setup
from harness.tui.themes import theme_name
from harness.tui.workshop import Workshop, WriteLog

TICK = 1 / 6
"""Seconds between two repaints while a run goes on."""
_PANES = {
    "steps": ("Steps", "The steps of a connection in their order; the cursor selects one."),
    "problems": ("Findings", "What was found, worst first; the cursor shows where."),
    "card": ("Card", "What is known about the selected step or finding."),
    "page": ("Exchange", "The request and response, what was expected, and the timing."),
}


class Works(Protocol):
    """Carries out runs; the app does not know how."""

    async def live(self) -> None: ...
    def order(self, setup: Setup) -> None: ...
    def stop(self) -> None: ...


class HarnessApp(App[int]):
    """Folds the engine's news into a session and shows it."""

    CSS_PATH = "app.tcss"
    TITLE = "harness"

    class Heard(Message):
        def __init__(self, news: News) -> None:
            super().__init__()
            self.news = news

    def __init__(
        self,
        setup: Setup,
        *,
        theme: str = "textual-dark",
        glyphs: Glyphs = UNICODE,
        works: Callable[[Callable[[News], None]], Works] = Workshop,
        judge: Callable[[Trace], Diagnosis] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        # The colour filter is chosen here, so ansi has to be known before the theme is set.
        super().__init__(ansi_color=True if theme.startswith("ansi-") else None)
        self.theme = theme
        self.animation_level = "none"
        self.glyphs = glyphs
        self.session = Session(setup=setup)
        self._flow = Flow(self.session, glyphs=glyphs)
        self._works = works(self._tell)
        self._judge = judge
        self._working: asyncio.Task[None] | None = None
        self._clock = clock
        self._dirty = False
        self._stop_question: Screen[bool] | None = None

    @property
    def flow(self) -> Flow:
        return self._flow

    @property
    def bug(self) -> Exception | None:
        """What ended the app, if it was an error of its own."""
        return self._exception

    def get_default_screen(self) -> Screen[None]:
        return self._flow

    def on_mount(self) -> None:
        self._ticking = self.set_interval(TICK, self._tick, pause=True)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._working = asyncio.create_task(self._works.live())

    async def on_unmount(self) -> None:
        await self.close()

    async def close(self) -> None:
        """End the engine's task and wait until all it opened is closed."""
        working, self._working = self._working, None
        if working is not None:
            working.cancel()
            await asyncio.wait({working})

    def _tell(self, news: News) -> None:
        self.post_message(self.Heard(news))

    def on_harness_app_heard(self, message: Heard) -> None:
        self.hear(message.news)

    def hear(self, news: News) -> None:
        """Fold a piece of news; what begins or ends a run is drawn at once, all else soon."""
        self.session = told(self.session, news)
        match news:
            case Started():
                self._ticking.resume()
                self._draw()
            case Finished() | Trouble():
                self._ticking.pause()
                self._end()
            case _:
                self._dirty = True

    def _end(self) -> None:
        masked = self.session.masked
        if masked is not None and masked.exchanges:
            self.session = replace(self.session, diagnosis=self._diagnosis(masked))
        if self._stop_question is not None and self.screen is self._stop_question:
            self._stop_question.dismiss(False)
        selection = self._flow.selection
        if not selection.by_user or self.session.trouble is not None:
            self._flow.selection = after_end(self.session)
        if self.session.noted(NoteKind.NEEDS_HUMAN):
            self.bell()
        self._draw()

    def _diagnosis(self, trace: Trace) -> Diagnosis:
        if self._judge is not None:
            return self._judge(trace)
        # The patterns are imported with the engine, behind the first frame.
        from harness.diagnosis.diagnose import diagnose

        return diagnose(trace)

    def _tick(self) -> None:
        if self._dirty or self.session.stage.busy:
            self._draw()

    def _draw(self) -> None:
        self._dirty = False
        self._flow.show(self.session, now=self._clock())

    async def on_flow_wanted(self, message: Flow.Wanted) -> None:
        match message.what:
            case "run":
                self._run(self.session.setup)
            case "stop":
                self._ask_stop()
            case "quit":
                self._ask_quit()
            case "target":
                self._ask_target()
            case "fault":
                self._ask_fault()
            case "help":
                self._help()

    async def action_quit(self) -> None:
        """Also for ctrl+q, which works over every overlay."""
        self._ask_quit()

    def action_help_quit(self) -> None:
        """What ctrl+c does in an overlay; Textual would only name another key."""
        self._ask_quit()

    def _run(self, setup: Setup) -> None:
        if self.session.stage.busy:
            return
        self.session = ordered(replace(self.session, setup=setup))
        self._flow.start_over()
        self._draw()
        self._works.order(setup)

    def _ask_stop(self) -> None:
        from harness.tui.overlays.confirm import Confirm

        def answered(yes: bool | None) -> None:
            self._stop_question = None
            if yes and self.session.stage.busy:
                self.session = replace(self.session, stage=Stage.STOPPING)
                self._draw()
                self._works.stop()

        self._stop_question = Confirm("Stop the run? What was recorded until now is kept.")
        self.push_screen(self._stop_question, answered)

    def _ask_quit(self) -> None:
        if not self.session.stage.busy:
            self.exit(0)
            return
        from harness.tui.overlays.confirm import Confirm

        if isinstance(self.screen, Confirm):
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.exit(0)

        self.push_screen(Confirm("A run is going. Stop it and quit?"), answered)

    def _ask_target(self) -> None:
        if self.session.stage.busy:
            return
        from harness.tui.overlays.target import TargetInput

        def answered(address: str | None) -> None:
            if address is not None:
                setup = self.session.setup
                choices = replace(setup.choices, target=address)
                self._prepare(replace(setup, choices=choices, faults=()))

        self.push_screen(TargetInput(self.session.setup.target), answered)

    def _prepare(self, setup: Setup) -> None:
        """Ready for another target; what was shown of the last one goes."""
        self.session = Session(setup=setup)
        self._flow.start_over()
        self._draw()

    def _ask_fault(self) -> None:
        if self.session.stage.busy:
            return
        from harness.diagnosis.catalogue import catalogue
        from harness.tui.overlays.fault import Choice, FaultPicker

        choices = [
            Choice(one.id, one.pattern.step, one.article.title)
            for one in catalogue()
            if one.pattern.has_fault
        ]

        def answered(fault: str | None) -> None:
            if fault is not None:
                setup = self.session.setup
                choices = replace(setup.choices, target="")
                self._run(replace(setup, choices=choices, faults=(fault,) if fault else ()))

        self.push_screen(FaultPicker(choices), answered)

    def _help(self) -> None:
        from harness.tui.overlays.help import Help

        focused = self._flow.focused
        pane, about = _PANES.get(focused.id or "", ("", "")) if focused else ("", "")
        self.push_screen(Help(self.glyphs, pane=pane, about=about))

    def get_system_commands(self, screen: Screen[object]) -> list[SystemCommand]:
        """The palette offers what the keys do, and nothing else."""
        if screen is not self._flow:
            return []
        return [
            SystemCommand(f"{key.help.capitalize()}", f"key {key.label}", action)
            for key in KEYS
            if (action := getattr(self._flow, f"action_{key.action}", None)) is not None
        ]

    def _fatal_error(self) -> None:
        """End without Textual's traceback: it would print local values, secrets among them."""
        self._close_messages_no_wait()


def run_tui(setup: Setup, *, ascii_only: bool = False, write_log: WriteLog | None = None) -> int:
    """Open the UI until the user quits; returns the exit code.

    `write_log` is given each error of our own that a run ends with and names where it put it. An
    error of the UI itself is raised after the terminal is restored.
    """
    app = HarnessApp(
        setup,
        theme=theme_name(os.environ),
        glyphs=ASCII if ascii_only else UNICODE,
        works=lambda tell: Workshop(tell, write_log=write_log),
    )
    code = app.run()
    if app.bug is not None:
        raise app.bug
    return code or 0
