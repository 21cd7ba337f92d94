"""The server answers a call with a token as if it had none.

What happens
    With and without a token the answer is the very same 401, and nothing in the token explains it.
    Either the `Authorization` header never reaches the code that checks it, or the server has one
    answer for every refusal and keeps its reason to itself.

Why it breaks
    Apache does not hand `Authorization` to CGI and FastCGI programs unless told to; that is the
    rule on shared hosting, and under WordPress and Matomo. Gateways that check tokens of their own
    remove the header before they pass a request on.

Fix
    Apache, in a Directory block or in .htaccess:

        CGIPassAuth On
        # before 2.4.13:
        SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1

    nginx in front of PHP: `fastcgi_param HTTP_AUTHORIZATION $http_authorization;`. With a proxy,
    look for a rule that clears the header (`proxy_set_header Authorization "";`).

    Send a wrong token. A server that reads it says `error="invalid_token"`; one that never saw it
    says what it says to nobody:

        curl -si -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer wrong'

    If the header does arrive, log the reason of the refusal, and say it in the challenge (RFC 6750
    section 3.1).
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.bearer import (
    answered_alike,
    other_audience,
    other_issuer,
    other_time,
    refused_call,
    says_missing,
    unreadable,
)
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refusal_evidence
from harness.model.answer import Asked
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.REPORTED,
    explains=("connect.accepted",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/872", seen="2026-08-26"),
        Source("github.com/matomo-org/matomo/issues/24572", seen="2026-05-29"),
        Source("github.com/nidr0x/docker-production-wordpress/issues/67", seen="2026-05-23"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    called = refused_call(trace, 401)
    without = answered_alike(trace, called) if called else None
    if called is None or without is None:
        return
    if says_missing(called) or not _explained(trace, called):
        yield evidence(without, "request.header.authorization", "(absent)")
        yield from refusal_evidence(called, f"another answer than to exchange {without.n}")


def _explained(trace: Trace, called: Exchange) -> bool:
    """True when the token itself is reason enough to refuse it."""
    return (
        unreadable(trace, called)
        or other_audience(trace)
        or any(other_issuer(trace))
        or any(other_time(trace))
    )


@pattern.request
def request(asked: Asked) -> Asked:
    """A hosting stack that keeps the header to itself."""
    if not asked.path.startswith("/mcp"):
        return asked
    kept = tuple(pair for pair in asked.headers if pair[0].lower() != "authorization")
    return replace(asked, headers=kept) if len(kept) != len(asked.headers) else asked
