"""The MCP connector of the Messages API: its caller brings the token, and nobody signs in."""

from dataclasses import replace

from harness.model.trace import Purpose, Voice
from harness.model.verdict import Confidence, Surface
from harness.profiles.claude_ai import PROFILE as CLAUDE_AI
from harness.profiles.profile import Provenance

_DOCS = "platform.claude.com/docs/en/agents-and-tools/mcp-connector"
_LIKE_HOSTED = Provenance(
    "nothing", "2026-11-23", Confidence.GUESS, "taken from the runtime of claude.ai"
)

PROFILE = replace(
    CLAUDE_AI,
    surface=Surface.MESSAGES_API,
    signs_in=False,
    opening=((Voice.RUNTIME, Purpose.INITIALIZE),),
    modern_version="2026-07-28",
    lists_prompts_and_resources=False,
    connect_retry_delays=(),
    provenance={
        **dict.fromkeys(CLAUDE_AI.provenance, _LIKE_HOSTED),
        "signs_in": Provenance(_DOCS, "2025-11-20", Confidence.DOCUMENTED),
        "lists_prompts_and_resources": Provenance(
            _DOCS, "2025-11-20", Confidence.DOCUMENTED, "tools only"
        ),
        "handshake_version": Provenance(
            "zuplo.com/learn/mcp/compatibility/clients/messages-api-mcp-connector",
            "2026-07-31",
            Confidence.REPORTED,
        ),
    },
)
