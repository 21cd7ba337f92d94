"""Claude ignores the authorization server and calls the MCP server's host instead.

What happens
    Both metadata documents are right and name an authorization server on another host or path. Yet
    `GET /authorize`, `POST /token` or `POST /register` arrive at the root of the MCP server's own
    host. The browser shows 404 or 502 there, or the token exchange fails
    (`mcp_token_exchange_failed`). Two reports of July 2026 name Claude Code as well.

Why it breaks
    When discovery does not come to an end, Claude falls back to the endpoints of MCP 2025-03-26 at
    the MCP server's origin. Anthropic called that a defect of Claude's where the documents are
    right. What went wrong inside before cannot be seen from outside.

Fix
    First rule out what looks the same. Check this server with the harness: when it connects, and
    when the addresses the server publishes are right from outside, the documents are not the
    reason. Look into the log of the edge for blocked or slow answers (over 10 s) to
    `/.well-known/...` from 160.79.104.0/21. Then remove the connector and add it again, since
    metadata is kept for some minutes.

    What helped some: let the MCP server's host answer these three paths too, here with nginx, or
    give the MCP server a host of its own that serves them at its root.

        location = /authorize {
          return 302 https://YOUR-ISSUER/authorize$is_args$args;
        }
        location = /token {                # and the same for /register
          proxy_pass https://YOUR-ISSUER/token;
          proxy_ssl_server_name on;
        }

    Report it to Anthropic with a fresh `ofid_` from the error, the time in UTC, both documents, and
    the lines of both logs: metadata fetched, then the call to the wrong host.
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Effect, Impact, Party, Source, Surface

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.CLAUDE,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.BREAKS,
            Confidence.OBSERVED,
            Source("github.com/anthropics/claude-ai-mcp/issues/706", seen="2026-07-26"),
        ),
    },
    confidence=Confidence.DOCUMENTED,
    reports=10,
    detectable=Detectable.CLAUDE_ONLY,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/214", seen="2026-05-10"),
        Source("github.com/anthropics/claude-ai-mcp/issues/82", seen="2026-03-04"),
        Source("github.com/anthropics/claude-ai-mcp/issues/706", seen="2026-07-26"),
        Source("github.com/anthropics/claude-ai-mcp/issues/716", seen="2026-07-28"),
        Source("github.com/anthropics/claude-ai-mcp/issues/900", seen="2026-08-20"),
        Source("github.com/anthropics/claude-ai-mcp/issues/962", seen="2026-08-31"),
    ),
)
