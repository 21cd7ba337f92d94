"""Claude comes with a client id that the authorization server no longer has.

What happens
    The connection worked once. Now the browser opens the authorization endpoint with the client id
    of back then, and the server shows an error page: unknown client. Claude registers no new client
    for it, and the user cannot get out of it.

Why it breaks
    The authorization server removed the registration: clients that were not used for a while are
    pruned, or the database was reset. Claude keeps the id with the connector. A refusal at the
    token endpoint would tell it (401 `invalid_client`); a page in the user's browser does not.

Fix
    Keep registrations as long as anybody may come back with them: prune only what never got a
    token, and count a year rather than a day. Bring back what was deleted, with the same id, if you
    still have it. Cloudflare's `workers-oauth-provider` removes a registered client after 90 days
    without use; `clientRegistrationTTL` (seconds) says otherwise.

    The user removes the connector and adds it again; where Claude still brings the old id, with
    another URL (a different path that you serve as well). In Claude Code the command line clears
    what is kept; the menu of `/mcp` does not offer it for every server:

        claude mcp logout NAME
        claude mcp login NAME

    At the token endpoint answer a client you do not know with 401, which makes Claude register
    anew:

        curl -i https://YOUR-TOKEN-ENDPOINT -d grant_type=refresh_token \\
          -d refresh_token=x -d client_id=not-registered

        HTTP/1.1 401 Unauthorized
        {"error": "invalid_client"}
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, simulated
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from harness.model.wellknown import is_http_url
from scenarios.hand_made import recorded, traffic
from scenarios.registration.dcr_clients_not_persisted import MOMENTS
from scenarios.registrations import registered_clients, unknown_clients

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.BREAKS,
            Confidence.REPORTED,
            Source("github.com/anthropics/claude-code/issues/84614", seen="2026-08-06"),
        ),
    },
    confidence=Confidence.OBSERVED,
    reports=7,
    explains=("authorize.answers", "login.reaches-callback"),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/435", seen="2026-06-12"),
        Source("github.com/freee/freee-mcp/issues/439", seen="2026-05-08"),
        Source("github.com/anthropics/claude-code/issues/72818", seen="2026-07-01"),
        Source("github.com/anthropics/claude-code/issues/84614", seen="2026-08-06"),
        Source("github.com/supabase/agent-skills/issues/202", seen="2026-07-28"),
        Source("github.com/anthropics/claude-code/issues/79505", seen="2026-07-20"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    if simulated(trace):
        return  # our client brings no id from earlier days
    clients = registered_clients(trace)
    for unknown in unknown_clients(trace):
        # A metadata document's address is no id that a server could have issued and lost.
        if unknown.exchange.step is not Step.AUTHORIZE or is_http_url(unknown.client_id):
            continue
        known = clients.get(unknown.client_id)
        if known is None or unknown.exchange.started - known.started > MOMENTS:
            yield evidence(unknown.exchange, unknown.place, unknown.said, "a sign-in page")
            yield evidence(unknown.exchange, "request.query.client_id", unknown.client_id)


@pattern.recording
def recording() -> Trace:
    return traffic(
        recorded(
            Step.AUTHORIZE,
            "https://mcp.example.com/authorize?response_type=code&client_id=of-last-month"
            "&redirect_uri=https%3A%2F%2Fclaude.ai%2Fapi%2Fmcp%2Fauth_callback&state=s-1",
            status=400,
            headers=(("Content-Type", "text/html"),),
            answer=b"<html><body><h1>Unrecognized client_id</h1></body></html>",
        ),
    )
