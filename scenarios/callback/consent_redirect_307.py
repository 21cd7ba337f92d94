"""The consent form's redirect repeats the POST at Claude's callback.

What happens
    The user approves, and the authorization server answers the form with 307 or 308 to Claude's
    callback. The browser repeats the POST there. The callback takes GET only, so the user sees the
    bare text "Method Not Allowed", and the token endpoint is never called. Whether Claude Code's
    callback on the user's machine takes a POST is not known.

Why it breaks
    307 and 308 keep the method and the body, 303 turns the next request into a GET (RFC 9110
    section 15.4). Some frameworks redirect with 307 unless told otherwise: `NextResponse.redirect`
    and Starlette's `RedirectResponse` do, and so does `redirect` of `next/navigation` outside a
    Server Action. It also sends the form on to another party; behind a password form that would be
    the password, which is why RFC 9700 section 4.12 forbids it.

Fix
    Answer the form with 303 (302 does as well, in every browser):

        return NextResponse.redirect(url, 303)          // Next.js
        return RedirectResponse(url, status_code=303)   # Starlette, FastAPI

    Mind redirects in front of it too: a proxy that sends the form's POST to another host or adds a
    slash with 308 has the browser repeat the POST, and the answer to that one counts.

    Send the consent form as the browser does (copy it from the developer tools, Network, Copy as
    cURL, and add `-i`). The first line has to say 303 or 302:

        curl -si https://YOUR-ISSUER/consent -b 'COOKIES' -d 'FIELDS' \\
          | grep -iE '^(HTTP|location)'
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    claude_shows=Shows.METHOD_NOT_ALLOWED,
    confidence=Confidence.DOCUMENTED,
    reports=5,
    explains=("callback.get",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/313", seen="2026-05-26"),
        Source("github.com/anthropics/claude-ai-mcp/issues/250", seen="2026-05-01"),
        Source("github.com/anthropics/claude-ai-mcp/issues/109", seen="2026-03-21"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    callback = trace.last(Step.CALLBACK)
    if callback is None or callback.request.method == "GET":
        return
    # A form that posts to the callback itself is another failure: here a redirect led there.
    before = next((one for one in trace.exchanges if one.n == callback.n - 1), None)
    if before is not None and before.status in (307, 308):
        yield evidence(before, "response.status", before.status, "303 or 302")
        yield evidence(callback, "request.method", callback.request.method, "GET")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    leaves = (answer.header("location") or "").startswith("https://claude.ai/")
    if asked.method != "POST" or not leaves:
        return answer
    return replace(answer, status=307)
