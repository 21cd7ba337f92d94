"""The token endpoint answers neither a token nor an OAuth error.

What happens
    The token request is turned down with an HTML page, plain text, or JSON of another form, such as
    `application/problem+json` or `{"detail": "..."}`. Claude cannot read why, and shows its general
    text; Claude Code says "Invalid OAuth error response". What the real reason was, only the
    server's log says.

Why it breaks
    A refusal is a JSON object with a string `error` (RFC 6749 section 5.2); Anthropic's checklist
    asks for it. Clients act on that code: `invalid_client` means to register again, `invalid_grant`
    to sign in again. With an answer of another form they take a dead token for a passing fault and
    come again with it. Usual reasons: the framework's own error handler, validation that runs
    before the OAuth code, or an exception that nobody catches.

Fix
    Let every way out of this route, validation and exceptions too, answer like this, with 400, or
    401 for `invalid_client`, or 500 with `server_error` for your own faults:

        {"error": "invalid_grant", "error_description": "the code has expired"}

    FastAPI, and the same for `HTTPException`; give the token route an application of its own if the
    others shall keep their form:

        @app.exception_handler(RequestValidationError)
        async def refuse(request, error):
            return JSONResponse({"error": "invalid_request"}, 400)

    Express: an error middleware, with four parameters, behind the router. Try it:

        curl -s -d grant_type=authorization_code -d code=x \\
          https://YOUR-TOKEN-ENDPOINT | jq .error

    It has to print a code in quotes. Try it without `code` too.
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    body_evidence,
    endpoints_guessed,
    is_html,
    status_evidence,
)
from harness.diagnosis.token_endpoint import code_answer, issued, oauth_error, web_guard
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_grant, with_mangled_code
from scenarios.effects import measured

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.ADVISORY)},
    confidence=Confidence.DOCUMENTED,
    reports=3,
    explains=("token.issued",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/134", seen="2026-06-07"),
        Source("github.com/jentic/jentic-one/issues/1339", seen="2026-09-11"),
        Source("github.com/cdelmonte-zg/nanoidp/issues/310", seen="2026-08-30"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for answer in (code_answer(trace), trace.last(Step.TOKEN, Purpose.BOGUS_CODE)):
        # A GET is what a redirect has left of the POST; its answer is not about the code.
        if answer is None or answer.request.method != "POST" or endpoints_guessed(trace):
            continue
        if _in_another_form(answer):
            yield status_evidence(answer, "an OAuth error with 400 or 401")
            yield body_evidence(answer, "a JSON object with a string `error`")
            return


def _in_another_form(answer: Exchange) -> bool:
    """True for a refusal that the endpoint's own code made, and made wrongly."""
    response = answer.response
    if response is None or response.encoding_error or oauth_error(answer) or issued(answer):
        return False
    # With 403 and 429 an edge or a guard speaks, and with 415 it is about the form itself.
    if response.status in (403, 415, 429) or web_guard(answer):
        return False
    return response.status >= 400 or (response.status == 200 and is_html(response))


@pattern.request
def request(asked: Asked) -> Asked:
    """The code does not reach the server as it was issued."""
    return with_mangled_code(asked)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The framework's error handler writes what the OAuth code wanted to say."""
    if not is_grant(asked, "authorization_code") or answer.status < 400:
        return answer
    body = b'{"type":"about:blank","title":"Bad Request","status":400,"detail":"unknown code"}'
    return replace(answer, body=body).with_header("Content-Type", "application/problem+json")
