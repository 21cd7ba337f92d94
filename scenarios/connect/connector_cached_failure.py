"""The connector goes on failing after the server was repaired.

What happens
    The server had a fault, which is repaired; every check from outside passes now. Claude fails
    with the same message as before, at once, and the server's log has no request. Adding the
    connector again may be refused because it exists already (409).

Why it breaks
    Claude seems to keep the verdict about an address; how long is not known, reports speak of
    hours. Documents are said to be kept for about five minutes. But "no request in my log" proves
    little: in the best known case Anthropic's staff found that the TLS handshake was reset in front
    of the server, which no log of the server shows.

Fix
    First make sure that Claude's requests do not end in front of the server. Run `harness check`
    from a machine in a data centre far away, not from the office or at home, and look into the log
    of the firewall or edge for addresses in 160.79.104.0/21. From the same machine the handshake
    has to succeed:

        openssl s_client -brief -connect YOUR-HOST:443 \\
          -servername YOUR-HOST </dev/null

    Then give Claude an address it has no verdict about: remove the connector, wait ten minutes, and
    add it with another spelling that leads to the same place (`?v=2`, another path, another host
    name). The resource metadata has to name that URL.

    If the new address connects and the old one does not, report both to Anthropic, with the
    `ofid_` of a failed try. Claude Code is not concerned: it asks anew with every connection.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.OBSERVED,
    reports=4,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/479", seen="2026-06-22"),
        Source("github.com/anthropics/claude-ai-mcp/issues/505", seen="2026-06-29"),
        Source("github.com/freee/freee-mcp/issues/439", seen="2026-05-08"),
        Source("github.com/homeassistant-ai/ha-mcp/issues/2422", seen="2026-09-10"),
    ),
)
