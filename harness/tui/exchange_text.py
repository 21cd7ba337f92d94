"""Lays an exchange out: request and response side by side where there is room, else stacked."""

import re
from collections.abc import Sequence

from textual.content import Content

from harness.model.trace import Exchange
from harness.model.verdict import Evidence
from harness.report.printable import printable
from harness.tui.lines import columns, folded, half, styled, wrapped
from harness.tui.marks import Marks, marks
from harness.tui.panes.text import Laid
from harness.tui.tones import MUTED
from harness.tui.wire import WireLine, request_lines, response_lines

SIDE_BY_SIDE = 78
"""Cells from which the response stands beside the request."""

_KEY = re.compile(r'\s*("(?:[^"\\]|\\.)*")(?=\s*:)')
_STYLE = {"start": "bold", "failure": "bold $text-error", "note": MUTED}


def exchange_laid(
    exchange: Exchange, evidence: Sequence[Evidence], *, exact: bool, width: int
) -> Laid:
    """The exchange with the evidence's quotes marked."""
    own = [one for one in evidence if one.exchange == exchange.n]
    request = request_lines(exchange.request, exact=exact)
    response = response_lines(exchange, exact=exact)
    wide = width >= SIDE_BY_SIDE
    room = half(width) if wide else width
    left, left_spots = _side(request, own, room)
    right, right_spots = _side(response, own, room)
    offset = 0 if wide else len(left) + 1
    spots = left_spots | {index: offset + at for index, at in right_spots.items()}
    mark = spots[min(spots)] if spots else None
    if wide:
        return Laid(columns(left, right, width), mark)
    return Laid([*left, Content(""), *right], mark)


def _side(
    lines: Sequence[WireLine], evidence: Sequence[Evidence], width: int
) -> tuple[list[Content], dict[int, int]]:
    """The laid out lines, and for each evidence found in them the row where it starts."""
    found = [marks(lines, [one]) for one in evidence]
    spots: Marks = {}
    for one in found:
        spots |= one
    laid: list[Content] = []
    rows: list[int] = []
    for index, line in enumerate(lines):
        rows.append(len(laid))
        if line.role in ("failure", "note"):
            laid += wrapped(Content(""), _content(line, spots.get(index)), width)
            continue
        aligned = line.role == "pair" and len(line.name) <= width // 2
        indent = len(line.name) if aligned else 2
        laid += folded(_content(line, spots.get(index)), width, indent)
    return laid, {number: rows[min(one)] for number, one in enumerate(found) if one}


def _content(line: WireLine, spot: tuple[int, int] | None) -> Content:
    name = styled(line.name, "$text-accent")
    style = _STYLE.get(line.role, "")
    text = styled(line.text, style)
    if spot is None and line.role == "body" and (key := _KEY.match(text.plain)):
        text = text.stylize("$text-accent", *key.span(1))
    whole = Content.assemble(name, text)
    if spot is None:
        return whole
    # Escapes make a printed text longer than what it stands for.
    start, end = (len(printable(line.whole[:at])) for at in spot)
    return whole.stylize("reverse", start, end)
