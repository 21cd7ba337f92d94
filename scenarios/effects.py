"""What failures do in Claude Code and in the Messages API, with where that was learned."""

from harness.diagnosis.pattern import API_DOCS
from harness.model.verdict import Confidence, Effect, Impact, Source

_CODE = Source("requests of Claude Code 2.1.330, captured on loopback", seen="2026-11-23")


def measured(impact: Impact) -> Effect:
    """What Claude Code was seen to do when it met this very answer."""
    return Effect(impact, Confidence.MEASURED, _CODE)


def inferred(impact: Impact) -> Effect:
    """What follows from how Claude Code was seen to work, though this case was not tried."""
    return Effect(impact, Confidence.GUESS, _CODE)


def with_a_token(impact: Impact) -> Effect:
    """What follows from the Messages API sending its caller's token in the first request."""
    return Effect(impact, Confidence.GUESS, API_DOCS)
