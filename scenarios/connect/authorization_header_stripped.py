"""The server answers a call with a token as if it had none.

What happens
    With and without a token the answer is the very same 401, and nothing in the token explains it.
    Either the `Authorization` header never reaches the code that checks it, or the server has one
    answer for every refusal and keeps its reason to itself. The user reads that authorization
    failed, right after a sign-in that went well.

Why it breaks
    Apache does not hand `Authorization` to CGI and FastCGI programs unless told to; that is the
    rule on shared hosting, and under WordPress and Matomo. mod_wsgi keeps it from Python programs
    in the same way. Gateways that check tokens of their own often remove the header, or give it
    another name, before they pass a request on.

Fix
    Make sure that the header reaches the code that checks the token. Apache, in a Directory block
    or in .htaccess:

        # PHP by CGI or FastCGI, from Apache 2.4.13 on
        CGIPassAuth On

        # the same, for an older Apache
        SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1

        # Python with mod_wsgi
        WSGIPassAuthorization On

    nginx passes the header on by itself, to FastCGI too. Look for a line that takes it away:
    `proxy_set_header Authorization "";` or `fastcgi_pass_request_headers off;`.

    If the header does arrive, log the reason of the refusal, and say it in the challenge (RFC 6750
    section 3.1).

    Send a wrong token. A server that reads it says `error="invalid_token"`; one that never saw it
    says what it says to a call without a token:

        curl -si -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer wrong'
        curl -si -X POST https://YOUR-HOST/mcp
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
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.REPORTED,
    reports=4,
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
