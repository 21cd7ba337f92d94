"""A call asks for a wider scope, and Claude does not ask the user for it.

What happens
    A tool call is answered 403 with `insufficient_scope` and the scope it needs, as it should be.
    Claude tells the user to reconnect (`mcp_insufficient_scope`) or says that the token has
    expired. The sign-in that follows asks for the same scopes as before, and the call fails again.

Why it breaks
    The documentation promises another consent for the wider scope. Several people saw that it does
    not come, in the hosted Claude and in Claude Code; open as of August 2026. Claude Code was
    measured to keep the scope of such a 403 and to ask for it at the next sign-in, but for that
    scope alone, without those it had before.

Fix
    Ask for everything at the first sign-in. Name all scopes of all tools in the resource metadata,
    and in the challenge, which Claude prefers:

        "scopes_supported": ["notes:read", "notes:write"]

        WWW-Authenticate: Bearer resource_metadata="https://YOUR-HOST/...",
          scope="notes:read notes:write"

    If you want users to be able to say no to some, offer that as boxes on the consent page, and
    leave the tools they cannot use out of `tools/list`. Keep the 403: it is right, and other
    clients follow it. Name in its `scope` what the token has already and what is missing, so that a
    client that asks for this list alone loses nothing.

    The 401 of a call without a token has to name every scope:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i ^www-authenticate
"""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import challenge_parameter, evidence, refusal_evidence, simulated
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import measured, with_a_token
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.STEP_UP,
    party=Party.CLAUDE,
    impact={
        Surface.CLAUDE_AI: Impact.DEGRADES,
        Surface.CLAUDE_CODE: measured(Impact.DEGRADES),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    confidence=Confidence.REPORTED,
    reports=6,
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/931", seen="2026-08-26"),
        Source("github.com/anthropics/claude-code/issues/44652", seen="2026-04-07"),
        Source("github.com/anthropics/claude-code/issues/73712", seen="2026-07-03"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    if simulated(trace):
        return
    for called in trace.exchanges:
        needed = _challenged(called)
        later = (one for one in trace.at(Step.AUTHORIZE, Purpose.AUTHORIZE) if one.n > called.n)
        asked = next(later, None)
        if needed and asked is not None and not needed <= _asked(asked):
            yield from refusal_evidence(called, "a sign-in for that scope")
            found = f"scope={' '.join(sorted(_asked(asked))) or '(absent)'}"
            yield evidence(asked, "request.url", found, " ".join(sorted(needed)))
            return


def _challenged(exchange: Exchange) -> set[str]:
    """The scope that a refused call needs, empty when it was not refused for that."""
    error = challenge_parameter(exchange, "error")
    if exchange.status != 403 or error != "insufficient_scope":
        return set()
    return set((challenge_parameter(exchange, "scope") or "").split())


def _asked(exchange: Exchange) -> set[str]:
    query = parse_qs(urlsplit(exchange.request.url).query)
    return set(" ".join(query.get("scope", [])).split())


@pattern.recording
def recording() -> Trace:
    said = 'Bearer error="insufficient_scope", scope="notes:read notes:write"'
    return traffic(
        recorded(
            Step.SESSION,
            "https://mcp.example.com/mcp",
            method="POST",
            purpose=Purpose.CALL_TOOL,
            status=403,
            headers=(("WWW-Authenticate", said),),
        ),
        recorded(
            Step.AUTHORIZE,
            "https://auth.example.com/authorize?response_type=code&scope=notes%3Aread",
        ),
    )
