"""What is imported before the first frame, and how the colours are chosen."""

import importlib.util
import subprocess
import sys

import pytest
import tui_lab
from tui_lab import showing

from harness.client.address import AddressError, read_address
from harness.tui.keys import ASCII
from harness.tui.panes.steps import StepList
from harness.tui.themes import theme_name

LATE = ("mitmproxy", "httpx", "uvicorn", "starlette", "mcp", "harness.proxy", "harness.run")


def test_the_engine_is_not_imported_with_the_app() -> None:
    code = "import sys, harness.tui.app; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "textual.app" in loaded
    for name in LATE:
        assert not [one for one in loaded if one == name or one.startswith(f"{name}.")]


def test_tree_sitter_is_not_there() -> None:
    # With Textual's TextArea it ends the interpreter.
    assert importlib.util.find_spec("tree_sitter") is None


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"COLORTERM": "truecolor", "TERM": "xterm-256color"}, "textual-dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "textual-light"),
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "ansi-dark"),
        ({"NO_COLOR": "1", "COLORFGBG": "0;15"}, "ansi-light"),
        ({"NO_COLOR": "1", "TEXTUAL_THEME": "nord"}, "ansi-dark"),
        ({"TERM": "linux"}, "ansi-dark"),
        ({"TEXTUAL_THEME": "nord"}, "nord"),
    ],
)
def test_the_theme_suits_the_terminal(environ: dict[str, str], name: str) -> None:
    assert theme_name(environ) == name


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "textual-dark"])
async def test_without_colour_the_cursor_is_reversed(
    theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    run, verdict = tui_lab.known()
    async with showing(run, verdict, theme=theme) as (app, _):
        steps = app.flow.query_one(StepList)
        reversed_rows = [
            row
            for row in range(13)
            if any(one.style and one.style.reverse for one in steps.render_line(row))
        ]
        assert app.no_color
    assert reversed_rows == [8]


async def test_ascii_signs_are_ascii() -> None:
    run, verdict = tui_lab.known()
    async with showing(run, verdict, glyphs=ASCII) as (app, _):
        rows = tui_lab.screen(app).splitlines()[2:15]
    assert rows[0].startswith(" 1 ok reach")
    assert rows[8].startswith(" 9  x token")
    assert all(row[:6].isascii() for row in rows)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("mcp.example.com/mcp", "https://mcp.example.com/mcp"),
        ("  http://127.0.0.1:8000/mcp ", "http://127.0.0.1:8000/mcp"),
    ],
)
def test_an_address_is_read_as_it_is_meant(typed: str, read: str) -> None:
    assert read_address(typed) == read


@pytest.mark.parametrize(
    "typed",
    ["http://", "ftp://x/", "https://u:p@x/", "https://x/#a", "https://a b/", "https://[::"],
)
def test_a_wrong_address_is_one_sentence(typed: str) -> None:
    with pytest.raises(AddressError) as raised:
        read_address(typed)
    assert str(raised.value).endswith(".")
    assert "\n" not in str(raised.value)
