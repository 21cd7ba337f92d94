"""What the user sees in each state, at the small and the large size."""

from dataclasses import replace

import pytest
import tui_lab
from tui_lab import SECRET, TARGET, feed, screen, showing

from harness.model.trace import Step
from harness.tui.news import Sending, Trouble
from harness.tui.session import Stage, ordered

SIZES = [(80, 24), (140, 45)]
at_both_sizes = pytest.mark.parametrize("size", SIZES, ids=["80x24", "140x45"])


@at_both_sizes
async def test_first_start_shows_the_keys(size: tuple[int, int]) -> None:
    async with showing(size=size) as (app, _):
        text = screen(app)
    assert "Ready. Press r to run" in text
    assert "READY" in text
    assert "13  · step-up" in text
    assert "run the check of this address as claude-ai" in text


@at_both_sizes
async def test_a_run_is_followed_step_by_step(size: tuple[int, int]) -> None:
    async with showing(size=size) as (app, pilot):
        await pilot.press("r")
        *begin, _, _, _end = tui_lab.news(tui_lab.trace(*tui_lab.exchanges()[:4]))
        for piece in begin:
            app.hear(piece)
        app.hear(Sending(step=Step.SERVER_METADATA, method="GET", url="https://auth.example.com/x"))
        app._tick()
        await pilot.pause()
        text = screen(app)
    assert "LIVE  2.5s" in text
    assert "Running 4 server-metadata: GET https://auth.example.com/x" in text
    assert "2  ✓ challenge" in text
    assert " 4  … server-metadata" in text
    assert app.flow.selection.step is Step.SERVER_METADATA


@at_both_sizes
async def test_a_known_failure_is_shown_with_its_evidence(size: tuple[int, int]) -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict, size=size) as (app, _):
        text = screen(app)
    assert "✗ FAILS at token: the token endpoint refuses the resource parameter" in text
    assert "9  ✗ token" in text
    assert "token-refuses-resource   breaks the connection" in text
    assert "response.body.error  invalid_request" in text
    assert "Fix" in text
    assert "9 token  POST auth.example.com/token  400" in text


@at_both_sizes
async def test_an_unknown_failure_says_what_is_unmet(size: tuple[int, int]) -> None:
    run, verdict = tui_lab.unknown()
    async with showing(run, verdict, size=size) as (app, _):
        text = screen(app)
    assert "Not a known pattern." in text
    assert "Unmet: the token endpoint issues no token." in text
    assert "response.status  400  (expected 200)" in text


@at_both_sizes
async def test_a_connection_shows_the_recording_and_what_to_do_next(size: tuple[int, int]) -> None:
    run, verdict = tui_lab.connected()
    async with showing(run, verdict, size=size) as (app, _):
        text = screen(app)
    assert "✓ CONNECTS, with a warning" in text
    assert "r  run it again" in text
    assert "recordings/2026-11-24T0400-mcp.example.com-claude-ai.jsonl" in text
    assert "1 risk; press ! to see" in text


@at_both_sizes
async def test_a_page_for_a_human_is_shown(size: tuple[int, int]) -> None:
    run, verdict = tui_lab.human()
    async with showing(run, verdict, size=size) as (app, _):
        text = screen(app)
    assert "7  ? login" in text
    assert "Sign in to Example" in text
    assert "https://auth.example.com/sign-in" in text
    assert "email, password" in text
    assert "--field email=..." in text


@at_both_sizes
async def test_an_interrupted_run_keeps_what_it_has(size: tuple[int, int]) -> None:
    run, verdict = tui_lab.aborted()
    async with showing(run, verdict, size=size) as (app, _):
        text = screen(app)
    assert "INCONCLUSIVE: the run was interrupted" in text
    assert "The run was interrupted; 1 exchange kept." in text


@at_both_sizes
async def test_an_error_of_the_engine_is_content(size: tuple[int, int]) -> None:
    async with showing(size=size) as (app, pilot):
        await pilot.press("r")
        app.hear(Trouble(text="The proxy cannot listen on 127.0.0.1:8080: it is in use."))
        await pilot.pause()
        text = screen(app)
    assert "NOT RUN: The proxy cannot listen on 127.0.0.1:8080: it is in use." in text
    assert "The check could not run." in text
    assert "r  try again" in text


async def test_an_error_of_our_own_names_the_log() -> None:
    async with showing() as (app, pilot):
        app.hear(Trouble(text="KeyError: 'x'", ours=True, log="/tmp/harness.log"))
        await pilot.pause()
        text = screen(app)
    assert "an error of the harness, not of the target" in text
    assert "/tmp/harness.log" in text


async def test_a_pattern_that_failed_hides_no_other() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict, size=(140, 45)) as (app, pilot):
        assert "Findings 3" in screen(app)
        await pilot.press("!", "!")
        await pilot.pause()
        text = screen(app)
    assert "crashing-pattern   pattern failed to run" in text
    assert "KeyError: 'resource'" in text
    assert "token-refuses-resource" in text


async def test_a_server_that_is_not_reached_shows_the_failure() -> None:
    run = tui_lab.trace(tui_lab.unreachable())
    async with showing(run, size=(140, 45)) as (app, _):
        text = screen(app)
    assert "dns: the name mcp.example.com does" in text
    assert "1  ✗ reach" in text


async def test_the_screen_is_too_small_for_anything_else() -> None:
    async with showing(size=(59, 15)) as (app, _):
        text = screen(app)
    assert text.strip() == "Make the window larger, or use harness check."


async def test_a_small_window_is_usable() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict, size=(60, 18)) as (app, pilot):
        text = screen(app)
        assert "9  ✗ token" in text
        assert "token-refuses-resource" in text
        assert "? Help" in text
        await pilot.press("enter")
        await pilot.pause()
        assert "invalid_request" in screen(app)


async def test_secrets_are_masked_until_asked_for() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict, size=(140, 45)) as (app, pilot):
        assert SECRET not in screen(app)
        assert "<code:1" in screen(app)
        await pilot.press("m")
        await pilot.pause()
        unmasked = screen(app)
        assert SECRET in unmasked.replace("\n", "") or SECRET[:20] in unmasked
        assert "SECRETS SHOWN" in unmasked
        await pilot.press("m")
        await pilot.pause()
        assert SECRET[:20] not in screen(app)


async def test_exact_shows_the_body_as_it_was_sent() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict, size=(140, 45)) as (app, pilot):
        assert "grant_type   authorization_code" in screen(app)
        await pilot.press("x")
        await pilot.pause()
        assert "grant_type=authorization_code&code=" in screen(app)


async def test_a_new_run_forgets_the_last() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict) as (app, pilot):
        await pilot.press("r")
        await pilot.pause()
        text = screen(app)
    assert "token-refuses-resource" not in text
    assert "STARTING" in text
    assert app.session == ordered(replace(app.session, stage=Stage.STARTING))


async def test_the_target_is_always_named() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict) as (app, pilot):
        await pilot.press("enter")
        await feed(pilot, None)
        first = screen(app).splitlines()[0]
    assert TARGET in first
