"""Extra members in the metadata were suspected, and are no cause.

What happens
    The authorization server's metadata holds members of its own, such as `logo_uri` or those of an
    extension, and the connection fails with `step=start_error`. One comment took the one for the
    reason of the other.

Why it breaks
    It does not, as far as anybody has shown. Servers whose metadata holds extra members do connect,
    one with `logo_uri` among them (issue 152), and the specification allows other members (RFC 8414
    section 3.2). The comment gave no trace and no test with and without.

Fix
    Leave the members in, and look for another cause: check this server with the harness, first of
    all the steps before the metadata. If nothing else is left, take the extra members out once to
    be sure; should that help, report both documents to Anthropic.

    Members that are `null` are another matter (`as-null-registration-endpoint`). This prints them:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq -r 'to_entries[] | select(.value == null) | .key'
"""

from harness.diagnosis.pattern import Detectable, Pattern
from harness.model.trace import Step
from harness.model.verdict import Confidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.NONE, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.CONTESTED,
    reports=1,
    # A finding would stand on every server with an extension, and none was ever harmed by it.
    detectable=Detectable.CLAUDE_ONLY,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/152", seen="2026-04-27"),
        Source("www.rfc-editor.org/rfc/rfc8414#section-3.2", seen="2018-06"),
    ),
)
