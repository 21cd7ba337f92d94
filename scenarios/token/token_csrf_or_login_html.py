"""The web application's own CSRF check or login page answers instead of the OAuth endpoint.

What happens
    The token endpoint, or the registration, is part of a web application, and a middleware answers
    before its code runs: 403 or 419 with a word about CSRF, or the login page as HTML. With the
    browser it all looked right.

Why it breaks
    Claude's requests to these two endpoints come from a server. They carry no cookie, no CSRF token
    and no Origin header, and need none: the code and its verifier, or the client's secret, protect
    them (RFC 6749 section 3.2). Middleware made for forms in a browser does not know that.

Fix
    Take the two routes, and the well-known paths, out of these checks; leave the consent form in.

    Django, on the view of the route; Rails, in its controller:

        @csrf_exempt

        skip_forgery_protection

    Laravel in `bootstrap/app.php` (up to version 12 the method is called `validateCsrfTokens`), and
    Spring Security:

        $middleware->preventRequestForgery(except: ['oauth/*']);

        http.csrf(c -> c.ignoringRequestMatchers("/oauth/**"))

    With a middleware for sign-in in Next.js, take the paths out of its `matcher`:

        export const config = {
          matcher: ["/((?!oauth|\\\\.well-known|_next).*)"],
        };

    See what answers:

        curl -i -d grant_type=authorization_code -d code=x \\
          https://YOUR-TOKEN-ENDPOINT

    It has to refuse in JSON, with `invalid_grant`, `invalid_client` or the like.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    body_evidence,
    endpoints_guessed,
    evidence,
    status_evidence,
)
from harness.diagnosis.token_endpoint import code_answer, web_guard
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.OBSERVED,
    reports=1,
    explains=("registration.accepted", "token.issued"),
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/134", seen="2026-06-07"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    # A guessed endpoint that is a page of the application is a consequence of what was not found.
    if endpoints_guessed(trace):
        return
    for answer in (trace.last(Step.REGISTRATION, Purpose.REGISTER), code_answer(trace)):
        if answer is not None and web_guard(answer):
            yield status_evidence(answer, "the OAuth endpoint's own answer")
            yield body_evidence(answer, "JSON")
            yield evidence(answer, "request.url", answer.request.url)
            return


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.path.endswith("/oauth/token"):
        return answer
    page = (
        b"<!doctype html>\n<html lang=en>\n<title>403 Forbidden</title>\n<h1>Forbidden (403)</h1>"
        b"\n<p>CSRF verification failed. Request aborted.</p>\n</html>\n"
    )
    return Answer(403, (("Content-Type", "text/html; charset=utf-8"),), page)
