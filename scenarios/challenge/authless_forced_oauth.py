"""A server without sign-in answers the questions of the sign-in with something.

What happens
    The server is open: `initialize` works without a token. But its well-known addresses do not
    answer a plain 404; they give a page, a refusal or a server error. Claude was seen to begin a
    sign-in at such servers, to ask `/register`, and to say that it could not register with the
    sign-in service.

Why it breaks
    Claude asks for the well-known documents whether the server wants a sign-in or not, and takes
    anything but 404 for a sign that there is one. Single-page applications that answer every path
    with their start page do this, and gateways that answer 401 for paths they do not know. That
    this is the cause is not proven: early in 2026 a server was asked to sign in that did answer 404
    to everything.

Fix
    Answer 404 to every address of a sign-in, before any catch-all or authentication rule. nginx:

        location ~ ^/(\\.well-known/(oauth|openid)|register) { return 404; }

    Express, before the route that serves the start page:

        app.all(/^\\/(\\.well-known\\/(oauth|openid)|register)/,
          (req, res) => res.sendStatus(404));

    Where the gateway's paths are not yours to change (Supabase functions), put a small proxy with a
    host of its own in front.

    Since August 2026 the user can choose "No sign-in" in Claude's dialog; remove the connector and
    add it again, connecting an old entry only repeats the registration.

    Every line must say 404:

        for p in .well-known/oauth-protected-resource/mcp \\
            .well-known/oauth-protected-resource \\
            .well-known/oauth-authorization-server \\
            .well-known/openid-configuration register; do
          curl -s -o /dev/null -w "$p %{http_code}\\n" https://YOUR-HOST/$p
        done
        curl -si -X POST https://YOUR-HOST/register | head -n 1
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import authless, body_evidence, metadata_answers, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred, with_a_token
from scenarios.open_endpoint import open_to_all

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: inferred(Impact.ADVISORY),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.OBSERVED,
    reports=8,
    explains=("resource-metadata.path-form",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/402", seen="2026-06-05"),
        Source("github.com/anthropics/claude-ai-mcp/issues/103", seen="2026-03-19"),
        Source("github.com/anthropics/claude-ai-mcp/issues/457", seen="2026-09-22"),
        Source("github.com/anthropics/claude-ai-mcp/issues/770", seen="2026-08-04"),
        Source("github.com/NateBJones-Projects/OB1/issues/340", seen="2026-09-05"),
        Source("github.com/taylorwilsdon/google_workspace_mcp/issues/382", seen="2026-01-23"),
    ),
)

PAGE = b"<!doctype html><html><head><title>App</title></head><body></body></html>\n"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    if not authless(trace):
        return
    for one in metadata_answers(trace):
        if _confuses(one):
            yield status_evidence(one, f"404 at {one.request.url}")
            if one.response is not None and one.response.body:
                yield body_evidence(one)


def _confuses(exchange: Exchange) -> bool:
    """True for an answer that neither says that there is no document nor is one."""
    response = exchange.response
    if response is None:
        return False
    no_document = response.status == 200 and response.json_object is None
    return no_document or response.status in (400, 401, 403) or response.status >= 500


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """An open server in front of which every unknown path is the application's start page."""
    if asked.method == "GET" and asked.path.startswith("/.well-known/"):
        return Answer(200, (("Content-Type", "text/html; charset=utf-8"),), PAGE)
    return open_to_all(asked, answer)
