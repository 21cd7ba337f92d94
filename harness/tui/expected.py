"""The tab that lists what Claude needs at a step, and what came instead."""

from collections.abc import Sequence

from textual.content import Content

from harness.diagnosis.contract import Row
from harness.model.verdict import Impact, StepStatus, Unmet
from harness.tui.keys import Glyphs
from harness.tui.lines import joined, styled, wrapped
from harness.tui.tones import MUTED, impact_glyph, impact_tone


def expected_lines(
    needs: Sequence[Row],
    unmet: Sequence[Unmet],
    status: StepStatus,
    glyphs: Glyphs,
    width: int,
) -> list[Content]:
    """One line per need; what is unmet with the evidence below it."""
    if not needs:
        return wrapped(Content(""), Content("Claude's contract asks nothing at this step."), width)
    by_row = {one.row: one for one in unmet}
    lines: list[Content] = []
    for need in needs:
        lines += _need_lines(need, by_row.get(need.id), status, glyphs, width)
    return lines


def met_count(needs: Sequence[Row], unmet: Sequence[Unmet]) -> str:
    """`3/4`, of the needs that are more than advice."""
    missed = {one.row for one in unmet}
    return f"{sum(need.id not in missed for need in needs)}/{len(needs)}"


def _need_lines(
    need: Row, unmet: Unmet | None, status: StepStatus, glyphs: Glyphs, width: int
) -> list[Content]:
    if unmet is None:
        reached = status not in (StepStatus.NOT_REACHED, StepStatus.SKIPPED)
        glyph, tone = (glyphs.ok, "$text-success") if reached else (glyphs.not_reached, MUTED)
        return [_line(glyph, tone, need.id, need.source, width)]
    glyph, tone = impact_glyph(unmet.impact, glyphs), impact_tone(unmet.impact)
    lines = [_line(glyph, tone, need.id, need.source, width)]
    indent = Content("   ")
    lines += wrapped(indent, styled(unmet.title, "bold"), width)
    for one in unmet.evidence:
        if one.expected is not None:
            lines += wrapped(Content("   needs  "), styled(one.expected), width)
        came = styled(f"{one.quote}  (exchange {one.exchange}, {one.place})")
        lines += wrapped(Content("   came   "), came, width, limit=4)
    if unmet.impact is Impact.ADVISORY:
        lines += wrapped(indent, styled("No harm on this surface.", MUTED), width)
    return lines


def _line(glyph: str, tone: str, name: str, source: str, width: int) -> Content:
    left = Content.assemble((f"{glyph:>2} ", tone), styled(name))
    return joined(left, styled(source, MUTED), width)
