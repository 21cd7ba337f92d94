"""The last page posts a form to Claude's callback.

What happens
    The user approves, and the page sends the code to Claude's callback as a form. The callback
    takes GET only: the user reads "Method Not Allowed", and the token endpoint is never called.

Why it breaks
    Claude asks for an authorization code by the usual redirect, with the values in the query of the
    callback (RFC 6749 section 4.1.2). A form with `method="post"` is the response mode `form_post`
    of OpenID Connect, which nobody has asked for here. It comes from a page written by hand, or
    from an authorization server that was told to answer this client so.

Fix
    Answer the approval with a redirect, and no page in between:

        HTTP/1.1 303 See Other
        Location: https://claude.ai/api/mcp/auth_callback?code=...

    In Next.js `return NextResponse.redirect(url, 303)`, in Express `res.redirect(303, url)`, in
    Starlette and FastAPI `RedirectResponse(url, status_code=303)`. If there has to be a page, use a
    link with the whole address in place of the form:

        <a href="https://claude.ai/api/mcp/auth_callback?code=...&amp;state=...">
          Continue</a>

    An authorization server that can do several response modes has to use `query` where the request
    names no `response_mode`.

    Whether it worked shows in the browser's developer tools, under Network: the request to
    `auth_callback` is a GET.
"""

from collections.abc import Iterator
from dataclasses import replace
from html import escape

from harness.diagnosis.browsing import authorization_request, parameters, posts_to, sign_in
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import callback_values
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.METHOD_NOT_ALLOWED,
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("callback.get",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/313", seen="2026-05-26"),
        Source("buildwithmatija.com/blog/oauth-mcp-server-claude", seen="2025-12"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    asked, found = authorization_request(trace), sign_in(trace)
    redirect_uri = parameters(asked).get("redirect_uri") if asked else None
    if not found or not redirect_uri:
        return
    last = found[-1]
    posted = last.last.step is Step.CALLBACK and last.last.request.method == "POST"
    page = last.page if posted and len(last.hops) == 1 else None if posted else last.last
    form = posts_to(page.response, redirect_uri) if page and page.response else None
    if page is not None and form is not None:
        yield evidence(page, "response.body", form, "a redirect to the callback")
        if posted:
            yield evidence(last.last, "request.method", "POST", "GET")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    address, values = callback_values(answer)
    if asked.method != "POST" or address is None:
        return answer
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in values.items()
    )
    form = (
        f'<form method="post" action="{escape(address)}">{fields}<button>Continue</button></form>'
    )
    page = replace(answer, status=200, body=f"<!doctype html>{form}".encode())
    return page.without_header("location").with_header("Content-Type", "text/html; charset=utf-8")
