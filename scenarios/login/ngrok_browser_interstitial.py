"""ngrok's warning page stands before the sign-in page.

What happens
    On ngrok's free plan everything that looks like a browser first gets a page that says "You are
    about to visit ...". In the sign-in window a person clicks it away once. Pages inside of Claude,
    images and scripts of a tool's own view cannot, and get HTML where they expect something else.
    The calls of Claude's servers and of Claude Code do not look like a browser's: they pass.

Why it breaks
    The page is a protection against phishing. ngrok shows it for a browser's User-Agent, unless the
    request has the header `ngrok-skip-browser-warning` or the cookie of an earlier click; neither
    Claude nor a redirect can send that header.

Fix
    For a try it is enough to click; for more, let the sign-in and all that a view loads come from a
    host without the page: a paid ngrok plan, or another tunnel such as Tailscale Funnel or

        cloudflared tunnel --url http://localhost:8000

    Putting the authorization server alone on such a host keeps the page out of the sign-in. See it:

        curl -si -A 'Mozilla/5.0' https://YOUR-HOST/authorize | grep -i ngrok

    `ngrok-error-code: ERR_NGROK_6024` is the page; without it there should be no line of that name.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, is_html
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.LOGIN,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    confidence=Confidence.OBSERVED,
    reports=2,
    explains=("challenge.page-may-call", "login.reaches-callback"),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/53", seen="2026-02-11"),
        Source("github.com/alpic-ai/apps-sdk-template/issues/4", seen="2025-10-18"),
    ),
)

_WARNING = "ERR_NGROK_6024"
PAGE = (
    b"<!DOCTYPE html><html><head><title>You are about to visit auth.reference.test</title></head>"
    b"<body><h1>You are about to visit:</h1><script src='https://cdn.ngrok.com/x.js'></script>"
    b"</body></html>"
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for one in trace.exchanges:
        if _is_warning(one):
            code = one.response.header("ngrok-error-code") if one.response else None
            yield evidence(one, "response.header.ngrok-error-code", code or "(absent)")
            yield body_evidence(one, "the server's own page")
            return


def _is_warning(exchange: Exchange) -> bool:
    response = exchange.response
    if response is None or not is_html(response):
        return False
    if response.header("ngrok-error-code") == _WARNING:
        return True
    start = response.body[:65536].lower()
    return b"you are about to visit" in start and b"ngrok" in start


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.path.endswith("/authorize") or "Mozilla" not in (asked.header("user-agent") or ""):
        return answer
    headers = (("Content-Type", "text/html"), ("ngrok-error-code", _WARNING))
    return Answer(200, headers, PAGE)
