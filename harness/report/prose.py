"""An article's text at a terminal: paragraphs are filled anew, examples keep their lines."""

import textwrap
from collections.abc import Iterator

from harness.report.printable import printable

WIDTH = 80
EXAMPLE_INDENT = 6
"""Examples stand to the left of the text, so that a line of 74 characters can be pasted whole."""


def wrap(text: str, first: str, rest: str, *, lines: int | None = None) -> Iterator[str]:
    """The text in lines of 80 columns, at most `lines` of them."""
    yield from textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        max_lines=lines,
        placeholder=" …",
    )


def paragraphs(text: str, first: str, rest: str, *, apart: bool = False) -> Iterator[str]:
    """The paragraphs, the first one behind `first`.

    Empty lines stand around examples, and between all paragraphs if `apart`.
    """
    after_example = False
    for number, paragraph in enumerate(text.split("\n\n")):
        example = any(line.startswith("    ") for line in paragraph.splitlines())
        if number and (apart or example or after_example):
            yield ""
        if example:
            if first.strip():
                yield first.rstrip()
            for line in textwrap.dedent(paragraph).splitlines():
                yield (" " * EXAMPLE_INDENT + printable(line)).rstrip()
        else:
            yield from wrap(printable(" ".join(paragraph.split())), first, rest)
        first, after_example = rest, example
