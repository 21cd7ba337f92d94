"""Every key does one thing, is in the help, and the footer fits."""

import itertools

import pytest
import tui_lab
from tui_lab import feed, screen, showing

from harness.model.trace import Step
from harness.tui.app import HarnessApp
from harness.tui.flow import Flow
from harness.tui.keys import (
    KEYS,
    LIST_MOVES,
    MOVES,
    TEXT_MOVES,
    UNICODE,
    Hint,
    fitted,
    footer,
    line_width,
)
from harness.tui.overlays.fault import FaultPicker
from harness.tui.overlays.help import Help, help_lines
from harness.tui.overlays.target import TargetInput
from harness.tui.panes.problems import ProblemList
from harness.tui.panes.steps import StepList
from harness.tui.panes.text import Page
from harness.tui.session import Stage

FLAGS = ("zoomed", "detail", "problems", "several", "masked", "exact")
STATES = [
    (stage, dict(zip(FLAGS, values, strict=True)))
    for stage in Stage
    for values in itertools.product((False, True), repeat=len(FLAGS))
]


def every_footer() -> list[tuple[Hint, ...]]:
    return [footer(stage, **flags) for stage, flags in STATES]


def test_the_footer_fits_eighty_columns_where_the_screen_may_be_that_narrow() -> None:
    for (stage, flags), hints in zip(STATES, every_footer(), strict=True):
        # In two columns, from 110 on, the detail is always in view.
        width = 108 if flags["detail"] and not flags["zoomed"] else 78
        assert line_width(hints) <= width, (stage, flags)


def test_a_narrow_footer_keeps_help_and_the_way_out() -> None:
    for hints in every_footer():
        kept = fitted(hints, 40)
        assert kept[0].word == "Help"
        assert kept[-1] == hints[-1]
        assert line_width(kept) <= 40


def test_every_key_of_the_footer_has_an_action() -> None:
    for one in set(itertools.chain.from_iterable(every_footer())):
        assert callable(getattr(Flow, f"action_{one.action}")), one


def test_no_key_does_two_things() -> None:
    names = [name for key in KEYS for name in key.keys.split(",")]
    assert len(names) == len(set(names))
    actions = [key.action for key in KEYS]
    assert len(actions) == len(set(actions))
    own = {name for binding in (*LIST_MOVES, *TEXT_MOVES) for name in binding.key.split(",")}
    assert own.isdisjoint(names)


def test_keys_that_terminals_use_themselves_are_not_bound() -> None:
    taken = {"ctrl+h", "ctrl+i", "ctrl+m", "ctrl+j", "ctrl+left_square_bracket", "ctrl+s"}
    names = {name for key in (*KEYS, *MOVES) for name in key.keys.split(",")}
    assert names.isdisjoint(taken)


def test_every_binding_is_in_the_help() -> None:
    shown = "\n".join(line.plain for line in help_lines(UNICODE, pane="", about="", width=70))
    for key in (*KEYS, *MOVES):
        assert f"{key.label:<7}{key.help[:40]}" in shown
    explained = {name for key in (*KEYS, *MOVES) for name in key.keys.split(",")}
    for owner in (Flow, StepList, ProblemList, Page, HarnessApp):
        for binding in owner.BINDINGS:
            for name in binding.key.split(","):
                assert name in explained, (owner, name)


async def test_moving_the_cursor_selects_a_step() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict) as (app, pilot):
        await pilot.press("k", "k")
        assert app.flow.selection.step is Step.LOGIN
        await pilot.press("g")
        assert app.flow.selection.step is Step.REACH
        await pilot.press("G", "up", "down")
        assert app.flow.selection.step is Step.STEP_UP


async def test_a_step_shows_its_problem() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict) as (app, pilot):
        await pilot.press("g", "j", "j")
        await pilot.pause()
        assert "resource-trailing-slash" in screen(app)
        assert app.flow.selection.problem == 1


async def test_problems_are_walked_in_a_circle() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict) as (app, pilot):
        seen = [app.flow.selection.problem]
        for _ in range(3):
            await pilot.press("!")
            seen.append(app.flow.selection.problem)
    assert seen == [0, 1, 2, 0]


async def test_a_problem_is_picked_from_the_list() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict, size=(140, 45)) as (app, pilot):
        await pilot.press("tab", "j")
        await pilot.pause()
        assert app.flow.selection.problem == 1
        assert app.flow.selection.step is Step.RESOURCE_METADATA
        assert "exchange 2 of 3" in screen(app)


async def test_exchanges_of_a_step_are_walked() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict, size=(140, 45)) as (app, pilot):
        await pilot.press("g", "j", "j", ">")
        await pilot.pause()
        assert "exchange 3 of 3, only to explore" in screen(app)
        await pilot.press(">", "<", "<", "<")
        await pilot.pause()
        assert "exchange 1 of 3" in screen(app)


async def test_tabs_turn_both_ways() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict, size=(140, 45)) as (app, pilot):
        await pilot.press("]")
        assert app.flow.tab == 1
        await pilot.press("]")
        await pilot.pause()
        assert "certificate" in screen(app)
        await pilot.press("]", "[")
        assert app.flow.tab == 2


async def test_the_first_key_that_needs_the_exchange_brings_it_where_it_is_hidden() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict) as (app, pilot):
        assert "HTTP" not in screen(app)
        await pilot.press("x")
        await pilot.pause()
        assert app.flow.zoomed
        assert not app.flow.exact
        await pilot.press("x")
        assert app.flow.exact


async def test_enter_zooms_and_escape_goes_back_to_the_summary() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict) as (app, pilot):
        await pilot.press("enter")
        await pilot.pause()
        assert app.flow.zoomed
        assert app.flow.focused is not None
        assert app.flow.focused.id == "page"
        await pilot.press("escape")
        await pilot.pause()
        assert not app.flow.zoomed
        assert app.flow.selection.step is Step.TOKEN
        await pilot.press("escape")
        await pilot.pause()
        assert app.flow.selection.step is None


async def test_a_run_is_ordered_once() -> None:
    async with showing() as (app, pilot):
        await pilot.press("r", "r")
        await pilot.pause()
        assert len(app._works.orders) == 1
        assert app.session.stage is Stage.STARTING


async def test_escape_asks_before_it_stops() -> None:
    async with showing() as (app, pilot):
        await pilot.press("r", "escape", "n")
        await pilot.pause()
        assert app._works.stopped == 0
        await pilot.press("escape", "y")
        await pilot.pause()
        assert app._works.stopped == 1
        assert "STOPPING" in screen(app)


async def test_the_question_goes_when_the_run_ends_by_itself() -> None:
    run, verdict = tui_lab.connected()
    async with showing(None, verdict) as (app, pilot):
        await pilot.press("r", "escape")
        await pilot.pause()
        assert "Stop the run?" in screen(app)
        await feed(pilot, run)
        assert "Stop the run?" not in screen(app)
        assert app._works.stopped == 0


async def test_quit_asks_only_while_a_run_goes_on() -> None:
    async with showing() as (app, pilot):
        await pilot.press("r", "q")
        await pilot.pause()
        assert "A run is going" in screen(app)
        await pilot.press("n")
        assert app.is_running
        await pilot.press("q", "y")
    assert app.return_value == 0


@pytest.mark.parametrize("keys", [["q"], ["ctrl+q"], ["ctrl+c"], ["b", "ctrl+q"], ["?", "ctrl+q"]])
async def test_quit_is_immediate_when_nothing_runs(keys: list[str]) -> None:
    async with showing() as (app, pilot):
        await pilot.press(*keys)
    assert app.return_value == 0


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
async def test_every_way_to_quit_asks_while_a_run_goes_on(key: str) -> None:
    async with showing() as (app, pilot):
        await pilot.press("r", key)
        await pilot.pause()
        assert "A run is going" in screen(app)
        assert app.return_value is None


async def test_quitting_twice_asks_once() -> None:
    async with showing() as (app, pilot):
        await pilot.press("r", "q", "ctrl+q", "n")
        await pilot.pause()
        assert app.screen is app.flow


async def test_the_palette_offers_what_the_keys_do() -> None:
    async with showing() as (app, _):
        offered = [one.title for one in app.get_system_commands(app.flow)]
    assert len(offered) == len(KEYS)
    assert "Run the check from the start" in offered


async def test_the_target_is_changed_and_checked() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict) as (app, pilot):
        await pilot.press("u")
        await pilot.pause()
        assert isinstance(app.screen, TargetInput)
        await pilot.press("ctrl+u", *"http://", "enter")
        await pilot.pause()
        assert "is no MCP URL" in screen(app)
        await pilot.press("ctrl+u", *"other.example/mcp", "enter")
        await pilot.pause()
        assert app.session.setup.target == "https://other.example/mcp"
        assert app.session.stage is Stage.READY
        assert app.session.diagnosis is None


async def test_escape_keeps_the_target() -> None:
    async with showing() as (app, pilot):
        await pilot.press("u", "a", "escape")
        await pilot.pause()
        assert app.session.setup.target == tui_lab.TARGET


async def test_a_fault_is_filtered_and_run(monkeypatch: pytest.MonkeyPatch) -> None:
    async with showing() as (app, pilot):
        await pilot.press("b")
        await pilot.pause()
        assert isinstance(app.screen, FaultPicker)
        await pilot.press(*"token invalid target")
        await pilot.pause()
        assert "token-invalid-target" in screen(app)
        assert "healthy" not in screen(app)
        await pilot.press("enter")
        await pilot.pause()
        (order,) = app._works.orders
        assert order.faults == ("token-invalid-target",)
        assert order.target == ""
        assert "bent by token-invalid-target" in screen(app)


async def test_the_healthy_server_is_the_first_choice() -> None:
    async with showing() as (app, pilot):
        await pilot.press("b", "enter")
        await pilot.pause()
        (order,) = app._works.orders
        assert order.faults == ()


async def test_help_closes_on_any_key_but_those_that_scroll() -> None:
    async with showing() as (app, pilot):
        await pilot.press("?")
        await pilot.pause()
        assert isinstance(app.screen, Help)
        assert "Steps  The steps of a connection" in screen(app)
        await pilot.press("j", "G")
        await pilot.pause()
        assert "no harm on this surface" in screen(app)
        await pilot.press("r")
        await pilot.pause()
        assert not isinstance(app.screen, Help)
        assert app._works.orders == []


async def test_a_click_on_the_footer_does_what_the_key_does() -> None:
    async with showing() as (app, pilot):
        at = screen(app).splitlines()[-1].index("r Run")
        await pilot.click("#keys", offset=(at, 0))
        await pilot.pause()
        assert len(app._works.orders) == 1
