"""What a target sends is shown, never acted on."""

from dataclasses import replace

import pytest
import tui_lab
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.content import Content
from tui_lab import exchange, screen, showing

from harness.model.trace import Failure, FailureKind, Step
from harness.model.verdict import Evidence
from harness.tui.exchange_text import exchange_laid

NASTY = "[red]x[/] [@click=app.quit]y[/] \x1b[31mz\x1b]0;title\x07 \u202eabc \u200b"


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_escapes_markup_and_bidi_are_literal_everywhere(size: tuple[int, int]) -> None:
    run, verdict = tui_lab.known()
    bad = exchange(
        6,
        Step.TOKEN,
        "POST",
        f"{tui_lab.ISSUER}/token",
        400,
        got=NASTY.encode(),
        got_headers=(("X-[b]Nasty[/b]", NASTY), ("Location", "http://[::")),
        reason=NASTY,
        failure=Failure(FailureKind.PROTOCOL, NASTY),
    )
    finding = replace(
        verdict.findings[0],
        evidence=(Evidence(exchange=6, place="response.body", quote=NASTY, expected=NASTY),),
    )
    steps = tuple(replace(one, said=NASTY) for one in verdict.steps)
    run = replace(run, target=f"{tui_lab.TARGET}?{NASTY}", exchanges=(*run.exchanges[:5], bad))
    verdict = replace(
        verdict, headline=f"FAILS {NASTY}", findings=(finding,), steps=steps, unmet=()
    )
    async with showing(run, verdict, size=size) as (app, pilot):
        await pilot.press("enter")
        await pilot.pause()
        zoomed = screen(app)
        await pilot.press("escape")
        await pilot.pause()
        text = zoomed + screen(app)
    assert "[red]x[/]" in text
    assert "[@click=app.quit]y[/]" in text
    assert "\\x1b[31mz" in text
    assert "\\u202e" in text
    for char in "\x1b\x07\u202e\u200b":
        assert char not in text


def plain(lines: list[Content]) -> str:
    return "\n".join(line.plain for line in lines)


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from(
        ["application/json", "text/event-stream", "application/x-www-form-urlencoded", "text/html"]
    ),
    exact=st.booleans(),
    width=st.integers(20, 160),
)
def test_any_body_is_laid_out_within_the_width(
    body: bytes, kind: str, exact: bool, width: int
) -> None:
    one = exchange(
        1,
        Step.TOKEN,
        "POST",
        tui_lab.TARGET,
        200,
        sent=body,
        got=body,
        sent_headers=(("content-type", kind),),
        got_headers=(("content-type", kind),),
    )
    evidence = [Evidence(exchange=1, place="response.body", quote=one.response.text[:50] or "x")]
    laid = exchange_laid(one, evidence, exact=exact, width=width)
    for line in laid.lines:
        assert line.cell_length <= width
        assert all(char.isprintable() for char in line.plain)


def test_a_huge_body_is_cut_and_says_so() -> None:
    body = b"\n".join(b"line %d" % number for number in range(10_000))
    one = exchange(1, Step.TOKEN, "POST", tui_lab.TARGET, 200, got=body)
    laid = exchange_laid(one, (), exact=False, width=60)
    assert len(laid.lines) < 3_100
    assert f"{len(body)} bytes in all" in plain(list(laid.lines))


def test_json_that_is_nested_beyond_reason_is_shown_as_it_is() -> None:
    body = b"[" * 100_000
    one = exchange(1, Step.TOKEN, "POST", tui_lab.TARGET, 200, got=body)
    assert exchange_laid(one, (), exact=False, width=60).lines
