"""A language prefix is put before the OAuth paths.

What happens
    A request to an OAuth path or to `/.well-known/...` is redirected (mostly 307 or 308) to the
    same path below a language, as in `/en/oauth/authorize`, and there is nothing there: 404. Claude
    finds no metadata or no endpoint and fails; where it is the authorization endpoint, the user
    sees the 404 page.

Why it breaks
    The language routing of the web framework (next-intl and its like) takes every path that has no
    language for a page, and adds the visitor's. Well-known addresses are fixed (RFC 8615 section
    3) and stand at the root of the host. The matcher that next-intl projects usually have leaves
    out paths with a dot in them, so `/.well-known/` passes there; `/oauth/...` and `/mcp` do not.

Fix
    Leave the machine paths out of the language routing: `/.well-known/`, the OAuth endpoints, the
    MCP endpoint. In Next.js that is the matcher in `middleware.ts` (`proxy.ts` from Next.js 16 on):

        export const config = {
          matcher: '/((?!api|mcp|oauth|\\\\.well-known|_next|_vercel|.*\\\\..*).*)',
        }

    Where the endpoints lie at the root, add `authorize`, `token` and `register` to the list. A
    redirect rule in nginx or at the CDN needs the same exceptions, before the rule. Afterwards no
    line may lead to an address with a language in it:

        for one in .well-known/oauth-protected-resource/mcp \\
            .well-known/oauth-authorization-server oauth/authorize mcp; do
          curl -so /dev/null -w '%{http_code} %{redirect_url}\\n' \\
            https://YOUR-HOST/$one
        done
"""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, is_html, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=1,
    explains=(
        "resource-metadata.found",
        "resource-metadata.path-form",
        "server-metadata.found",
        "registration.accepted",
        "authorize.answers",
        "login.reaches-callback",
        "token.issued",
    ),
    sources=(Source("buildwithmatija.com/blog/oauth-mcp-server-claude", seen="2025-12-26"),),
)

_LOCALE = re.compile(r"/[a-z]{2}(-[A-Za-z]{2,4})?(?=/)")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for one in trace.exchanges:
        target = _below_a_language(one)
        if target is None or one.exploration:
            continue
        arrived = next(
            (e for e in trace.exchanges if e.n > one.n and e.request.url == target), None
        )
        if arrived is not None and _a_page(arrived):
            location = one.response.header("location") if one.response else None
            yield evidence(one, "response.header.location", location, "no redirect")
            yield status_evidence(arrived, "200")


def _a_page(arrived: Exchange) -> bool:
    """True where nothing waits for a client below the language: no page, or one for people."""
    response = arrived.response
    return response is not None and (response.status == 404 or is_html(response))


def _below_a_language(exchange: Exchange) -> str | None:
    """Where a redirect leads that only puts a language before the path."""
    if exchange.response is None or not exchange.response.is_redirect:
        return None
    try:
        target = urljoin(exchange.request.url, exchange.response.header("location") or "")
        path = urlsplit(target).path
    except ValueError:
        return None
    prefix = _LOCALE.match(path)
    asked = urlsplit(exchange.request.url).path
    return target if prefix and path[prefix.end() :] == asked else None


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.path.startswith(("/.well-known/", "/oauth/")):
        return answer
    query = asked.url.partition("?")[2]
    location = f"/en{asked.path}{'?' if query else ''}{query}"
    return Answer(307, (("Location", location),))
