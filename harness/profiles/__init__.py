"""What each Claude surface sends and accepts, every value with its source, date and confidence."""

from harness.model.verdict import Surface
from harness.profiles.profile import Profile


def profile(surface: Surface) -> Profile:
    """The profile of a surface; raises KeyError for one that has none yet."""
    from harness.profiles import claude_ai

    return {Surface.CLAUDE_AI: claude_ai.PROFILE}[surface]
