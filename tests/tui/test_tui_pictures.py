"""Pictures of the main states; `pytest --snapshot-update` takes them anew after a look."""

from collections.abc import Callable

import pytest
import tui_lab
from textual.pilot import Pilot
from tui_lab import feed

from harness.model.trace import Step, Trace
from harness.model.verdict import Diagnosis
from harness.tui.news import Sending, Trouble

SIZES = [(80, 24), (140, 45)]
type Compare = Callable[..., bool]

pytestmark = pytest.mark.usefixtures("two_rows", "_true_colour")


@pytest.fixture
def _true_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


def fed(run: Trace, *keys: str) -> Callable[[Pilot[int]], object]:
    async def before(pilot: Pilot[int]) -> None:
        await feed(pilot, run)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await pilot.pause()

    return before


async def going(pilot: Pilot[int]) -> None:
    await pilot.press("r")
    *begin, _end = tui_lab.news(tui_lab.trace(*tui_lab.exchanges()[:4]))
    for piece in begin:
        pilot.app.hear(piece)
    pilot.app.hear(Sending(step=Step.AUTHORIZE, method="GET", url=f"{tui_lab.ISSUER}/authorize"))
    pilot.app._ticking.pause()
    pilot.app._tick()
    await pilot.pause()


async def in_trouble(pilot: Pilot[int]) -> None:
    await pilot.press("r")
    pilot.app.hear(Trouble(text="The proxy cannot listen on 127.0.0.1:8080: it is in use."))
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
def test_start(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(tui_lab.app(), terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
def test_running(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(tui_lab.app(), terminal_size=size, run_before=going)


@pytest.mark.parametrize("size", SIZES, ids=["small", "large"])
@pytest.mark.parametrize("state", ["known", "unknown", "connected", "human"])
def test_finished(snap_compare: Compare, size: tuple[int, int], state: str) -> None:
    make: Callable[[], tuple[Trace, Diagnosis]] = getattr(tui_lab, state)
    run, verdict = make()
    assert snap_compare(tui_lab.app(verdict), terminal_size=size, run_before=fed(run))


def test_zoomed(snap_compare: Compare) -> None:
    run, verdict = tui_lab.known()
    assert snap_compare(tui_lab.app(verdict), run_before=fed(run, "enter"))


def test_expected(snap_compare: Compare) -> None:
    run, verdict = tui_lab.known()
    assert snap_compare(
        tui_lab.app(verdict), terminal_size=(140, 45), run_before=fed(run, "right_square_bracket")
    )


def test_trouble(snap_compare: Compare) -> None:
    assert snap_compare(tui_lab.app(), run_before=in_trouble)


def test_help(snap_compare: Compare) -> None:
    assert snap_compare(tui_lab.app(), terminal_size=(140, 45), press=["question_mark"])
