"""The page's form-action keeps the browser from returning to Claude.

What happens
    The user presses Allow and nothing seems to happen; after a second press the code is used up or
    expired. The server's log shows an issued code, and the token endpoint is never called. This run
    went through, because it does not obey the policy; Chrome and Edge do.

Why it breaks
    The Content-Security-Policy of the page limits where its forms may lead (`form-action`), and
    Chromium applies that to every redirect behind the form as well, Firefox does not. `'self'`
    alone therefore stops the redirect to Claude's callback, and to an identity provider on the way.
    The browser's console names the address of the form as the blocked one, not the redirect's.

Fix
    Take `form-action` out of the policy of the sign-in and consent pages, or add the origin of the
    redirect URI after it was checked against the client:

        Content-Security-Policy: ...; form-action 'self' https://claude.ai claude:

    `claude:` is for the desktop app, to which Claude's callback redirects on. Claude Code's
    callback needs `http://localhost:*` as well. Helmet sends `form-action 'self'` unless told
    otherwise:

        helmet({ contentSecurityPolicy: { directives: { formAction: null } } })

    FastMCP left `form-action` out of its consent page in March 2026: update it, or pass
    `consent_csp_policy=""` to the OAuth proxy or provider. Or answer the form with a page (status
    200) that goes on by a link or a refresh; `form-action` has no say there.

    The policy can stand in a header or in a `<meta>` of the page:

        curl -si 'https://YOUR-ISSUER/authorize?...' | grep -io 'form-action[^;]*'

    It has to print nothing, or a line with `https://claude.ai`. If the consent is a page behind it,
    read that one's header in the browser's network view.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import SplitResult

from harness.diagnosis.browsing import loads
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, is_html
from harness.model.answer import Answer, Asked
from harness.model.trace import Response, Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from harness.model.wellknown import UrlError, origin, port, split

pattern = Pattern(
    step=Step.LOGIN,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.BREAKS,
            Confidence.REPORTED,
            Source("github.com/Umbrella-IT-Group/metamcp/issues/170", seen="2026-09-08"),
        ),
    },
    confidence=Confidence.REPORTED,
    reports=10,
    sources=(
        Source("github.com/PrefectHQ/fastmcp/issues/3369", seen="2026-03-03"),
        Source("github.com/DollhouseMCP/mcp-server/issues/2222", seen="2026-06-02"),
        Source("github.com/brightbeanxyz/brightbean-studio/issues/62", seen="2026-06-09"),
        Source("github.com/anthropics/claude-ai-mcp/issues/815", seen="2026-08-11"),
    ),
)

_HOST_SOURCE = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>[^:/]+)(?::(?P<port>\*|\d{1,5}))?(?:/.*)?"
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for load in loads(trace):
        page = load.page
        if page is None or page.response is None or load.hops[0].request.method != "POST":
            continue
        for place, sources in _form_actions(page.response):
            for hop in load.hops:
                if not any(_allows(one, hop.request.url, page.request.url) for one in sources):
                    header = f"form-action {' '.join(sources)}"
                    yield evidence(page, place, header, f"with {origin(hop.request.url)}")
                    yield evidence(hop, "request.url", origin(hop.request.url))
                    return


def _form_actions(response: Response) -> Iterator[tuple[str, list[str]]]:
    """Place and sources of each policy that limits where forms lead (CSP 3, form-action)."""
    if not is_html(response):
        return
    header = response.header("content-security-policy") or ""
    placed = [("response.header.content-security-policy", one) for one in header.split(",")]
    placed += [("response.body", one) for one in _in_markup(response.text)]
    for place, policy in placed:
        for directive in policy.split(";"):
            name, *sources = directive.lower().split() or [""]
            if name == "form-action":
                yield place, sources
                break  # of a repeated directive the first counts


def _in_markup(page: str) -> list[str]:
    """The policies that a page states in its own markup (HTML standard, http-equiv)."""
    found: list[str] = []

    class Meta(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            values = dict(attrs)
            if (values.get("http-equiv") or "").lower() == "content-security-policy":
                found.append(values.get("content") or "")

    Meta().feed(page)
    return found


def _allows(source: str, url: str, page: str) -> bool:
    """Whether a source expression matches a URL; paths do not count behind a redirect."""
    try:
        target, own = split(url), split(page)
        if source == "'self'":
            return origin(url) == origin(page)
        if source in ("*", f"{target.scheme}:") or (source, target.scheme) == ("http:", "https"):
            return True
        found = _HOST_SOURCE.fullmatch(source)
        return found is not None and _host_matches(found, target, own, port(url))
    except UrlError:
        return True  # nothing a browser could be kept from


def _host_matches(
    source: re.Match[str], target: SplitResult, own: SplitResult, number: int
) -> bool:
    scheme, name = source["scheme"] or own.scheme, target.hostname or ""
    wild = source["host"].startswith("*.") and name.endswith(source["host"][1:])
    if not (wild or source["host"] in ("*", name)):
        return False
    if target.scheme not in (scheme, "https" if scheme == "http" else scheme):
        return False
    default = number == {"http": 80, "https": 443}[target.scheme]
    return source["port"] in ("*", str(number)) or (source["port"] is None and default)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    policy = answer.header("content-security-policy")
    if not asked.path.endswith("/oauth/consent") or policy is None:
        return answer
    return answer.with_header("Content-Security-Policy", f"{policy}; form-action 'self'")
