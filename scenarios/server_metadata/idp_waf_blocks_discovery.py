"""A firewall in front of the authorization server refuses Claude.

What happens
    The MCP server answers well, and the authorization server, on another host, refuses Claude with
    403: its metadata, its token endpoint, or both. In a browser the same metadata opens. Claude
    finds none, guesses the endpoints, and fails there, or it gets no token for its code.

Why it breaks
    Identity providers often stand behind a firewall of their own, with rules against clients that
    are no browsers, against data centers, or against unknown User-Agents. Claude's servers call
    discovery, registration and token themselves, as `python-httpx`, from 160.79.104.0/21. Opening
    the MCP host alone is not enough. Claude Code calls from the user's machine; a rule against
    clients that are no browsers can hit it as well (`Bun/...` at the sign-in).

Fix
    On the identity provider's host, too, let pass 160.79.104.0/21 and exempt `/.well-known/*` and
    the token, registration and JWKS paths from bot rules. Cloudflare: a custom rule with the action
    Skip, for this network and these paths:

        (ip.src in {160.79.104.0/21}) and
        (http.request.uri.path contains "/.well-known/" or
         http.request.uri.path in {"/token" "/register"})

    AWS WAF: a rule with an IP set of that network and the action Allow, ahead of the managed rule
    groups. A hosted provider: its "bot detection" or "attack protection" settings, or its support.

    Both must be 200. That shows a rule on the User-Agent only; a rule on the network shows in the
    firewall's log, as 403 for an address out of 160.79.104.0/21:

        at=https://YOUR-ISSUER/.well-known/openid-configuration
        curl -si -A python-httpx/0.28.1 $at | head -n 1
        curl -si -A 'Mozilla/5.0' $at | head -n 1
"""

from collections.abc import Iterator

from harness.diagnosis.network import bot_challenge
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, status_evidence, used, vercel_checkpoint
from harness.diagnosis.token_endpoint import code_answer, refreshes, web_guard
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import UrlError, host
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.DOCUMENTED,
    reports=1,
    explains=(
        "server-metadata.found",
        "registration.accepted",
        "token.issued",
        "refresh.accepted",
    ),
    sources=(Source("claude.com/docs/connectors/building/authentication", seen="2026-09"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    asked = list(trace.at(Step.SERVER_METADATA, exploration=False))
    if used(trace, Step.SERVER_METADATA) is None and asked:
        blocked = asked if all(_blocked(one, trace) for one in asked) else []
    else:
        code = code_answer(trace)
        calls = [*([code] if code else []), *refreshes(trace)]
        blocked = [one for one in calls if _blocked(one, trace)]
    for one in blocked:
        yield status_evidence(one, f"an answer of {one.request.url}")
    for one in blocked[:1]:
        yield body_evidence(one)


def _blocked(exchange: Exchange, trace: Trace) -> bool:
    """True for a refusal on the authorization server's host that no OAuth code wrote."""
    response = exchange.response
    if response is None or response.status != 403 or response.json is not None:
        return False
    try:
        if host(exchange.request.url) == host(trace.target):
            return False
    except UrlError:
        return False
    # Object stores say so of a file that is not there.
    if b"<Code>AccessDenied</Code>" in response.body[:4096]:
        return False
    return not (bot_challenge(response) or vercel_checkpoint(response) or web_guard(exchange))


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.url.startswith("https://auth.reference.test/"):
        return answer
    if "python-httpx" not in (asked.header("user-agent") or ""):
        return answer
    return Answer(403, (("Content-Type", "text/plain"),), b"Request blocked by policy\n")
