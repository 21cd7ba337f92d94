"""An endpoint Claude posts to answers with a redirect.

What happens
    A POST to the published token endpoint or registration endpoint is answered 301, 302, 307 or
    308. Claude follows, but what arrives at the other end is not the same request: after 301, 302
    or 303 a GET without the form, after a change of host one without the `Authorization` header.
    The exchange fails, or goes on at the mercy of the redirect.

Why it breaks
    The metadata names an address that is not the final one: the apex that leads to `www`, http that
    leads to https, a path without the closing slash that the framework adds. A redirect turns POST
    into GET unless it is 307 or 308 (RFC 9110 section 15.4), and clients drop credentials on the
    way to another host. Browsers hide all of this.

Fix
    Publish the addresses that answer themselves, with the scheme, host and slash they end up at, or
    take the OAuth paths out of the redirect.

    Vercel and Cloudflare: a domain redirect from the apex to `www` covers every path, so build the
    metadata from the name that is left, or except `/oauth/*` and `/.well-known/*` from the rule.
    Next.js with `trailingSlash: true` and Django with `APPEND_SLASH` redirect to the path with the
    slash: publish that one. FastAPI redirects in both directions; its argument
    `redirect_slashes=False` stops that.

    No `location` may come back from either of these:

        curl -si -d grant_type=authorization_code -d code=x \\
          https://YOUR-TOKEN-ENDPOINT | grep -iE '^(HTTP|location)'
        curl -si -H 'Content-Type: application/json' -d '{}' \\
          https://YOUR-REGISTRATION-ENDPOINT | grep -iE '^(HTTP|location)'
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import endpoints_guessed, evidence, is_html, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.SERVER_METADATA,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("registration.accepted", "token.issued", "refresh.accepted"),
    sources=(Source("github.com/koala73/worldmonitor/issues/2426", seen="2026-03-28"),),
)

_POSTED = (Purpose.REGISTER, Purpose.TOKEN, Purpose.REFRESH)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    # A guessed endpoint that leads elsewhere is a consequence of what was not found.
    if endpoints_guessed(trace):
        return
    asked = [one for one in trace.exchanges if one.purpose in _POSTED and not one.exploration]
    for one, after in pairwise(asked):
        if one.response is None or not one.response.is_redirect or one.request.method != "POST":
            continue
        if one.purpose is after.purpose and not _another_reason(after):
            location = one.response.header("location")
            yield status_evidence(one, "an answer of the endpoint itself")
            yield evidence(one, "response.header.location", location, "no redirect")
            yield evidence(after, "request.method", after.request.method, "POST")
            yield status_evidence(after, "the answer to the same POST")


def _another_reason(after: Exchange) -> bool:
    """True where the redirect led to a page, or where the whole request arrived and was refused."""
    response = after.response
    if response is None:
        return False
    if response.status == 200 and is_html(response):
        return True
    return after.request.method == "POST" and "error" in (response.json_object or {})


@pattern.request
def request(asked: Asked) -> Asked:
    """Behind the slash the endpoint is alive, for whoever still sends a POST."""
    if not asked.path.endswith("/oauth/token/"):
        return asked
    return replace(asked, url=asked.url.replace("/oauth/token/", "/oauth/token"))


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.path.endswith("/oauth/token"):
        return answer
    return Answer(301, (("Location", f"{asked.path}/"),))
