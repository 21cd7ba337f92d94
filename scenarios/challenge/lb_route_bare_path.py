"""The MCP path without its closing slash is routed to something else.

What happens
    `/mcp` is answered by another backend than `/mcp/`: by a sign-on gate, a web page, a default
    backend. A test at `/mcp/`, or at any path below, goes well. Claude calls the URL as it was
    entered, without the slash, and meets the other backend.

Why it breaks
    In a path rule `/mcp/*` the bare `/mcp` is not included. That holds for the URL maps of Google's
    load balancers and for the path patterns of AWS ALB. The bare path then falls to the default
    rule, which may stand behind IAP or lead to the web site.

Fix
    Name both paths in the rule, and do the same for `/.well-known/oauth-protected-resource`.

    Google URL map:

        pathRules:
        - paths: ["/mcp", "/mcp/*"]

    AWS ALB:

        aws elbv2 modify-rule --rule-arn RULE \\
          --conditions 'Field=path-pattern,Values=/mcp,/mcp/*'

    Kubernetes Ingress: `path: /mcp` with `pathType: Prefix` matches both.

    Both have to answer alike:

        curl -si -X POST https://YOUR-HOST/mcp  | head -n 1
        curl -si -X POST https://YOUR-HOST/mcp/ | head -n 1
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, first_contact, is_html, opening
from harness.model.answer import Answer, Asked
from harness.model.challenge import bearer
from harness.model.trace import Exchange, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import difference
from scenarios.effects import inferred
from scenarios.other_slash import answers_as_mcp, other_evidence, served_with_slash

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("challenge.401", "challenge.bearer", "challenge.page-may-call", "reach.redirected"),
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/299", seen="2026-05-19"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    first, last, other = first_contact(trace), opening(trace, Voice.BROKER), answers_as_mcp(trace)
    if first is None or last is None or other is None or trace.target.endswith("/"):
        return
    if first.response is None or not _of_another_backend(first, last):
        return
    yield evidence(first, "response.status", first.response.status, "401, as with the slash")
    location = first.response.header("location")
    if location is not None:
        yield evidence(first, "response.header.location", location)
    elif first.response.body:
        yield body_evidence(first)
    yield other_evidence(other)


def _of_another_backend(first: Exchange, last: Exchange) -> bool:
    """A plain 404 or 405 only says that nobody serves the path."""
    if first.status in (404, 405) or last.response is None:
        return False
    if first.response is not None and first.response.is_redirect:
        # A redirect to the other spelling is another failure.
        return difference(first.request.url, last.request.url) != "trailing slash"
    if first.status == 401:
        return bearer(last.response.header_lines("www-authenticate")) is None
    return first.status == 403 or (first.status == 200 and is_html(last.response))


@pattern.request
def request(asked: Asked) -> Asked:
    """Behind the rule for /mcp/* stands the server."""
    return served_with_slash(asked)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The bare path falls to the web site, which wants a login."""
    if asked.path == "/mcp":
        return Answer(302, (("Location", "/accounts/login?next=/mcp"),))
    if asked.path == "/accounts/login":
        page = b"<!doctype html><html><head><title>Sign in</title></head></html>"
        return Answer(200, (("Content-Type", "text/html; charset=utf-8"),), page)
    return answer
