"""A proxy in front asks for a login of its own.

What happens
    Claude's first request is answered by a proxy and not by the MCP server: 401 with
    `WWW-Authenticate: Basic` (or Negotiate), a complaint about a missing client certificate, or a
    redirect to the company's sign-on page. Claude can do none of these. It looks for OAuth
    metadata, meets the same gate, and stops.

Why it breaks
    The gate was made for people in browsers or for machines that were given a certificate. Claude
    knows a single scheme, Bearer (RFC 6750), has no client certificate, and gets a web page where a
    sign-on redirects it. Two logins cannot share the one Authorization header either.

Fix
    Take the machine paths out of the gate, and let the MCP server's own tokens guard them. The
    sign-in page may stay behind the gate. nginx:

        location ~ ^/(mcp|\\.well-known|register|token)(/|$) {
          auth_basic off;
          proxy_pass http://BACKEND;
        }

    mTLS in nginx: `ssl_verify_client optional`, and demand the certificate (`$ssl_client_verify`)
    only in the locations that need it.

    oauth2-proxy:

        --skip-auth-route='^/(mcp|\\.well-known|register|token)(/|$)'

    Traefik: a second router for these paths without the middleware, with a higher `priority`.
    Google IAP knows no paths: route them in the URL map to a backend service for which IAP is off.

    This must show `Bearer`:

        curl -si -X POST https://YOUR-HOST/mcp \\
          | grep -iE '^(HTTP|www-auth|location)'
"""

import re
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    another_login,
    body_evidence,
    evidence,
    first_contact,
    is_html,
    opening,
    status_evidence,
)
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, FailureKind, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred
from scenarios.other_slash import answers_as_mcp

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.OBSERVED,
    reports=2,
    explains=(
        "reach.connects",
        "reach.redirected",
        "challenge.401",
        "challenge.answers",
        "challenge.bearer",
        "challenge.no-host-redirect",
        "challenge.page-may-call",
        "resource-metadata.found",
        "resource-metadata.path-form",
        "server-metadata.found",
        "server-metadata.json",
        "registration.accepted",
        "connect.accepted",
    ),
    sources=(
        Source("brendanlong.com/debugging-claude-ai-mcp-connectors.html", seen="2026-07-04"),
        Source("github.com/anthropics/claude-ai-mcp/issues/299", seen="2026-05-19"),
    ),
)

_CERTIFICATE = re.compile(
    r"no required ssl certificate|client certificate (is )?required|certificate required",
    re.IGNORECASE,
)
_CLOUDFLARE = re.compile(r"cloudflareaccess\.com|/cdn-cgi/access/")
_SIGN_ON = re.compile(r"log-?in|sign-?in|\bsso\b|saml|oauth2|accounts\.google\.com", re.IGNORECASE)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer is None:
        return
    failure = answer.failure
    if failure and failure.kind is FailureKind.TLS and _CERTIFICATE.search(failure.text):
        yield evidence(answer, "failure", failure.text, "no client certificate asked for")
    if answer.response is None:
        return
    if another_login(answer.response):
        lines = answer.response.header_lines("www-authenticate")
        yield evidence(answer, "response.header.www-authenticate", ", ".join(lines), "Bearer")
    elif answer.status in (400, 403) and _CERTIFICATE.search(answer.response.text[:4096]):
        yield status_evidence(answer, "401")
        yield body_evidence(answer)
    elif not answers_as_mcp(trace):
        yield from _sign_on(first_contact(trace), answer)


def _sign_on(first: Exchange | None, last: Exchange) -> Iterator[Evidence]:
    """The redirect by which a request without a cookie is led to a page for people."""
    if first is None or first is last or first.response is None or last.response is None:
        return
    location = first.response.header("location") or ""
    page = last.response.status == 200 and is_html(last.response)
    if page and _SIGN_ON.search(location) and not _CLOUDFLARE.search(location):
        yield evidence(first, "response.header.location", location, "401 and no redirect")
        yield body_evidence(last)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A password on the whole host, as a proxy sets it for a site that is not open yet."""
    if not asked.url.startswith("https://mcp.reference.test/"):
        return answer
    headers = (("Content-Type", "text/plain"), ("WWW-Authenticate", 'Basic realm="traefik"'))
    return Answer(401, headers, b"401 Unauthorized\n")
