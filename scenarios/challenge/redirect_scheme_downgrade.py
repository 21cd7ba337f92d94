"""A redirect leads from https to http.

What happens
    The MCP URL answers with a redirect whose Location begins with `http://`, mostly only to add or
    remove a closing slash. Claude's clients drop the token on a change of scheme, and port 80
    refuses, or sends them back to https with a GET. claude.ai was seen to say that it could not
    reach the server, Claude Code "Got new credentials, but reconnecting failed: ECONNRESET".

Why it breaks
    The proxy in front ends TLS and speaks plain http to the server. The server builds the Location
    from what it sees itself, because it does not trust or does not get `X-Forwarded-Proto`. The
    same server usually publishes `http://` in its metadata too.

Fix
    Do not redirect at all: serve the URL as users enter it. And tell the server to trust the proxy,
    and the proxy to say what it terminated:

        uvicorn:   --proxy-headers --forwarded-allow-ips='*'
        gunicorn:  --forwarded-allow-ips='*'
        Express:   app.set('trust proxy', 1)
        Django:    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        nginx:     proxy_set_header X-Forwarded-Proto $scheme;

    In place of `*` name the proxy's address where others can reach the server. Where nginx writes
    the redirect itself, behind a load balancer that ends TLS, `absolute_redirect off;` keeps scheme
    and host out of it.

    This prints nothing then:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i '^location: http:'
"""

from collections.abc import Iterator

from harness.diagnosis.network import by_claude
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, opening
from harness.model.answer import Answer, Asked
from harness.model.network import Network
from harness.model.trace import Exchange, Purpose, Step, Trace, Voice
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface

_CODE = Source("github.com/BerriAI/litellm/issues/34845", seen="2026-07-27")

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(Impact.BREAKS, Confidence.REPORTED, _CODE),
    },
    confidence=Confidence.REPORTED,
    reports=1,
    explains=(
        "reach.redirected",
        "challenge.401",
        "challenge.page-may-call",
        "resource-metadata.found",
        "server-metadata.found",
        "registration.accepted",
        "token.issued",
        "connect.accepted",
    ),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/1056", seen="2026-09-18"),
        _CODE,
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    last = opening(trace, Voice.BROKER)
    for one in by_claude(trace):
        # Nobody but us asks at the other spelling.
        if one.purpose is Purpose.OTHER_SLASH or not _downgrades(one):
            continue
        location = one.response.header("location") if one.response else None
        yield evidence(one, "response.header.location", location, "https")
        if last is not None and last.failure is not None:
            yield evidence(last, "failure", last.failure.text)
        return


def _downgrades(exchange: Exchange) -> bool:
    response = exchange.response
    if response is None or not response.is_redirect:
        return False
    location = (response.header("location") or "").lower()
    return exchange.request.url.startswith("https://") and location.startswith("http://")


@pattern.network
def network() -> Network:
    """No address for the name but through the map of https: nothing answers on port 80."""
    return Network(answers={"mcp.reference.test": ()})


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if asked.path != "/mcp":
        return answer
    return Answer(307, (("Location", "http://mcp.reference.test/mcp/"),))
