"""A firewall in front refuses the first call that Claude makes with its token.

What happens
    The sign-in succeeds and a token is issued. The next call, with that token, is answered 403 by
    something in front of the server, and Claude says that the authorization failed. The server's
    own log ends with the token.

Why it breaks
    The firewall lets in a list of addresses, or blocks the addresses of data centers, and the MCP
    host has stricter rules than the authorization server. Claude sends everything from
    160.79.104.0/21. From any other address the rule does not show, so only traffic of the real
    Claude, or the firewall's log, tells. A rule against the User-Agent `Claude-User` looks the
    same in a recording of Claude; a check with the harness tells them apart, because it calls with
    both of Claude's User-Agents and a rule by User-Agent strikes there too.

Fix
    Allow 160.79.104.0/21 (AS399358) for all methods, on the MCP host and on the authorization
    server's host.

    AWS WAF: an IP set with the range, and an Allow rule for it before the managed rule groups.
    Cloudflare: a custom rule with the action Skip and the expression
    `ip.src in {160.79.104.0/21}`; it does not skip Bot Fight Mode, so switch that off where the log
    names it. nginx:

        allow 160.79.104.0/21;
        deny all;

    Do not forget the hoster's own firewall. Claude Code calls from the address of the user's
    machine, which such a list has to hold as well.

    Nothing shows from elsewhere. Let Claude connect, and look for the range in the firewall's log:

        grep -E '160\\.79\\.1(0[4-9]|1[01])\\.' firewall.log
"""

from collections.abc import Iterator

from harness.diagnosis.network import by_claude
from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import body_evidence, evidence, simulated, status_evidence
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.DOCUMENTED,
    reports=3,
    detectable=Detectable.TRAFFIC,
    explains=("connect.accepted", "connect.arrives"),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/294", seen="2026-05-19"),
        Source("claude.com/docs/connectors/building/authentication", seen="2026-09"),
        Source("brendanlong.com/debugging-claude-ai-mcp-connectors.html", seen="2026-07-04"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    issued = trace.last(Step.TOKEN, Purpose.TOKEN)
    if simulated(trace) or issued is None or issued.status != 200:
        return
    calls = [one for one in by_claude(trace) if one.n > issued.n and _carries_token(one)]
    if calls and all(map(_refused_by_an_edge, calls)):
        yield evidence(issued, "response.status", 200)
        yield status_evidence(calls[0], "200")
        yield body_evidence(calls[0])


def _carries_token(exchange: Exchange) -> bool:
    return (exchange.request.header("authorization") or "").lower().startswith("bearer ")


def _refused_by_an_edge(exchange: Exchange) -> bool:
    """True for a 403 that no MCP server wrote: neither JSON nor a challenge."""
    response = exchange.response
    return (
        response is not None
        and response.status == 403
        and response.json is None
        and response.header("www-authenticate") is None
    )


@pattern.recording
def recording() -> Trace:
    page = b"<html><head><title>403 Forbidden</title></head><body>403 Forbidden</body></html>"
    url = "https://mcp.example.com/mcp"
    metadata = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
    challenge = (("WWW-Authenticate", f'Bearer resource_metadata="{metadata}"'),)
    return traffic(
        recorded(Step.CHALLENGE, url, method="POST", status=401, headers=challenge),
        recorded(
            Step.TOKEN,
            "https://auth.example.com/token",
            method="POST",
            headers=(("Content-Type", "application/json"),),
            answer=b'{"access_token":"[token]","token_type":"Bearer","expires_in":3600,'
            b'"refresh_token":"[token]"}',
        ),
        recorded(
            Step.CONNECT,
            url,
            method="POST",
            sent=(("User-Agent", "Claude-User"), ("Authorization", "Bearer [token]")),
            status=403,
            headers=(("Server", "awselb/2.0"), ("Content-Type", "text/html")),
            answer=page,
        ),
    )
