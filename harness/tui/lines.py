"""Builds lines of styled text; all text goes through `printable`, none of it is markup."""

from collections.abc import Sequence

from textual.content import Content

from harness.report.printable import printable
from harness.tui.tones import MUTED


def styled(text: str, style: str = "") -> Content:
    """One line of text, made harmless."""
    return Content.styled(printable(text), style)


def clipped(text: Content, width: int) -> Content:
    """The text in so many cells, ending in … when something is left out."""
    return text.truncate(width, ellipsis=True) if text.cell_length > width else text


def joined(left: Content, right: Content, width: int) -> Content:
    """Two texts at both ends of a line; the left one gives way."""
    room = max(0, width - right.cell_length - (1 if right else 0))
    left = clipped(left, room)
    gap = max(0, width - left.cell_length - right.cell_length)
    return Content.assemble(left, " " * gap, right)


def wrapped(
    first: Content, text: Content, width: int, *, limit: int | None = None
) -> list[Content]:
    """Text behind a label, wrapped by words, the following lines indented to the label's width.

    With a limit the last line ends in … when there would be more.
    """
    indent = first.cell_length
    room = max(8, width - indent)
    if limit == 1:
        return [Content.assemble(first, clipped(text, room))]
    parts = [part.rstrip() for part in text.wrap(room)] or [Content("")]
    if limit is not None and len(parts) > limit:
        parts = [*parts[: limit - 1], _open_ended(parts[limit - 1], room)]
    return [
        Content.assemble(first if number == 0 else " " * indent, part)
        for number, part in enumerate(parts)
    ]


def folded(text: Content, width: int, indent: int = 2) -> list[Content]:
    """Wire text cut at the edge, wherever that is; the following lines are indented."""
    if text.cell_length <= width:
        return [text]
    head, *_ = text.fold(width)
    rest = text[len(head) :]
    tail = rest.fold(max(8, width - indent))
    return [head, *(Content.assemble(" " * indent, part) for part in tail if part)]


def columns(left: Sequence[Content], right: Sequence[Content], width: int) -> list[Content]:
    """Two texts side by side, each already as narrow as `half(width)`."""
    room = half(width)
    rows = max(len(left), len(right))
    blank = Content("")
    return [
        Content.assemble(
            (left[row] if row < len(left) else blank).truncate(room, pad=True),
            (" │ ", MUTED),
            right[row] if row < len(right) else blank,
        )
        for row in range(rows)
    ]


def half(width: int) -> int:
    return (width - 3) // 2


def paragraphs(text: str) -> list[tuple[str, bool]]:
    """An article's text as paragraphs; True marks the lines of an example, which are kept."""
    found: list[tuple[str, bool]] = []
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if any(line.startswith("    ") for line in lines):
            found += [(line, True) for line in lines]
        elif lines:
            found.append((" ".join(line.strip() for line in lines), False))
    return found


def _open_ended(line: Content, width: int) -> Content:
    return Content.assemble(clipped(line, width - 2).rstrip("… "), " …")
