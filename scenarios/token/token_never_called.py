"""The code went back to Claude, and no token request was seen.

What happens
    The authorization server sends the browser to Claude's callback with a code. After that its log
    stays silent. This is a symptom with several causes. That Claude never calls the token endpoint
    was claimed and taken back by those who had claimed it (reports 815 and 620: a policy of the
    consent page, a rule at Cloudflare). Some reports remain without an explanation.

Why it breaks
    Either the code did not arrive, or the token request went somewhere else, or something in front
    took it. Proven causes, the one to look at first before the others:

    (1) The consent answer was 307 or 308, so the browser posted to the callback, which takes GET.

    (2) The consent page has a Content-Security-Policy with `form-action`, and the browser dropped
    the redirect to claude.ai without a word.

    (3) `token_endpoint` belongs to an identity provider. The request is in its log, with
    `invalid_target` or `invalid_client`.

    (4) `token_endpoint` has another port than 443.

    (5) A rule of the edge took the request. The log of the edge is the truth, not that of the
    application. In one report the token had been issued, and the call after it was blocked.

    (6) No metadata was found, and Claude posted to `/token` at a guessed address.

Fix
    Find out first whose log the request would be in: the host of `token_endpoint` in the metadata
    that Claude reads. Then go through the list in this order, and run a check against the server:
    it follows the same path and names what it finds. If Claude Code, which asks from the user's own
    machine, gets a token from the same server, look at (4) and (5).

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq -r .token_endpoint
        curl -i -A python-httpx/0.28.1 -d code=x \\
          -d grant_type=authorization_code https://YOUR-TOKEN-ENDPOINT

    It has to answer 400 or 401 with JSON, and the request has to be in your log. If all six are
    ruled out, report it with a fresh `ofid_` from the address bar and the time in UTC.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, simulated
from harness.diagnosis.token_endpoint import form
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import UrlError, host, query
from scenarios.effects import inferred
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    # A symptom: it must never outrank the cause behind it.
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.CONTESTED,
    reports=19,
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/271", seen="2026-05-10"),
        Source("github.com/anthropics/claude-ai-mcp/issues/683", seen="2026-07"),
        Source("github.com/anthropics/claude-ai-mcp/issues/750", seen="2026-08-02"),
        Source("github.com/anthropics/claude-ai-mcp/issues/815", seen="2026-08-11"),
        Source("github.com/anthropics/claude-ai-mcp/issues/1029", seen="2026-09-13"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    # Our own client always asks, or says why not.
    if simulated(trace) or any(_asks_token(one) for one in trace.exchanges):
        return
    delivered = [one for one in trace.exchanges if _delivers_code(one)]
    if delivered:
        last = delivered[-1]
        location = last.response.header("location") if last.response else None
        yield evidence(last, "response.header.location", location, "a token request after it")


def _asks_token(exchange: Exchange) -> bool:
    return (
        exchange.purpose is Purpose.TOKEN
        or form(exchange).get("grant_type") == "authorization_code"
    )


def _delivers_code(exchange: Exchange) -> bool:
    """True for a redirect with a code to Claude that its browser follows with GET."""
    location = exchange.response.header("location") if exchange.response else None
    if location is None or exchange.status not in (301, 302, 303):
        return False
    try:
        to_claude = host(location) in ("claude.ai", "claude.com")
    except UrlError:
        return False
    return to_claude and bool(query(location).get("code"))


@pattern.recording
def recording() -> Trace:
    back = "https://claude.ai/api/mcp/auth_callback?code=c-1&state=s-1"
    return traffic(
        recorded(
            Step.AUTHORIZE,
            "https://auth.example.com/authorize?response_type=code&client_id=c-1&state=s-1",
        ),
        recorded(
            Step.LOGIN,
            "https://auth.example.com/consent",
            method="POST",
            status=303,
            headers=(("Location", back),),
        ),
    )
