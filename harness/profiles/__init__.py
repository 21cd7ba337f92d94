"""What each Claude surface sends and accepts, every value with its source, date and confidence."""

from harness.model.verdict import Surface
from harness.profiles.profile import Profile

SURFACES = (Surface.CLAUDE_AI, Surface.CLAUDE_CODE, Surface.MESSAGES_API, Surface.MCP_SPEC)
"""The surfaces that can be played."""


def profile(surface: Surface) -> Profile:
    """The profile of a surface; raises KeyError for one that has none yet."""
    from harness.profiles import claude_ai, claude_code, mcp_spec, messages_api

    known = (claude_ai.PROFILE, claude_code.PROFILE, messages_api.PROFILE, mcp_spec.PROFILE)
    return {one.surface: one for one in known}[surface]
