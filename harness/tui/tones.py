"""Glyphs and colours of what can happen; the colour never says more than the glyph."""

from harness.model.verdict import Impact, StepStatus, Verdict
from harness.tui.keys import Glyphs

OK = "$text-success"
WARN = "$text-warning"
BROKEN = "$text-error"
MUTED = "dim"
GOING = "$text-accent"


def impact_glyph(impact: Impact, glyphs: Glyphs) -> str:
    match impact:
        case Impact.BREAKS:
            return glyphs.broken
        case Impact.DEGRADES:
            return glyphs.warn
        case _:
            return glyphs.advisory


def impact_tone(impact: Impact) -> str:
    match impact:
        case Impact.BREAKS:
            return BROKEN
        case Impact.DEGRADES:
            return WARN
        case _:
            return MUTED


def status_glyph(status: StepStatus, glyphs: Glyphs) -> str:
    return {
        StepStatus.OK: glyphs.ok,
        StepStatus.WARN: glyphs.warn,
        StepStatus.BROKEN: glyphs.broken,
        StepStatus.SKIPPED: glyphs.not_applicable,
        StepStatus.NOT_REACHED: glyphs.not_reached,
    }[status]


def status_tone(status: StepStatus) -> str:
    return {
        StepStatus.OK: OK,
        StepStatus.WARN: WARN,
        StepStatus.BROKEN: BROKEN,
        StepStatus.SKIPPED: MUTED,
        StepStatus.NOT_REACHED: MUTED,
    }[status]


def verdict_glyph(verdict: Verdict, glyphs: Glyphs) -> str:
    return {
        Verdict.CONNECTS: glyphs.ok,
        Verdict.FAILS: glyphs.broken,
        Verdict.INCONCLUSIVE: glyphs.waits,
    }[verdict]


def verdict_tone(verdict: Verdict) -> str:
    return {Verdict.CONNECTS: OK, Verdict.FAILS: BROKEN, Verdict.INCONCLUSIVE: WARN}[verdict]
