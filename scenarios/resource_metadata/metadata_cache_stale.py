"""Claude goes on with metadata that the server no longer publishes.

What happens
    The metadata was changed, and claude.ai still calls an endpoint that only the old one named. The
    change looks as if it had no effect. The same server under another spelling of its URL, with
    `?v=2` at the end, works at once.

Why it breaks
    claude.ai keeps what it found at a URL. A digest of its documentation speaks of about five
    minutes, for all users together, and of the old copy being used where fetching a new one fails.
    Reports speak of hours, up to a day, and of a failure that is remembered for a URL. Which of
    them is right is not settled, and nothing in the answer is known to shorten it. Claude Code
    fetches the metadata anew at every sign-in.

Fix
    Keep the old endpoints alive for a day after every move; then nobody notices. Let them answer
    themselves, by a proxy rule: a POST that is redirected loses its form on the way.

        location = /token { proxy_pass http://BACKEND/v2/token; }      # nginx

    When it has happened already: wait, then remove the connector and add it again. To test at once,
    add it under another spelling (`https://YOUR-HOST/mcp?v=2`). `resource` in the metadata must be
    that spelling then, so serve both for a while. Do not debug on against a URL that has failed
    before: use a fresh one for every attempt.

    First make sure that it is not your own cache: this must show the new values, from several
    places, and no `age` header of hours:

        curl -si https://YOUR-ISSUER/.well-known/oauth-authorization-server
"""

from collections.abc import Iterator

from harness.diagnosis.network import by_claude
from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, simulated, status_evidence
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.RESOURCE_METADATA,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.OBSERVED,
    reports=4,
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/514", seen="2026-08-21"),
        Source("github.com/anthropics/claude-ai-mcp/issues/779", seen="2026-08-05"),
        Source("github.com/anthropics/claude-ai-mcp/issues/851", seen="2026-08-14"),
    ),
)

_ENDPOINTS = {
    Purpose.REGISTER: "registration_endpoint",
    Purpose.TOKEN: "token_endpoint",
    Purpose.REFRESH: "token_endpoint",
}


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    if simulated(trace):
        return
    for one in by_claude(trace):
        name = _ENDPOINTS.get(one.purpose)
        if name is None or one.status not in (404, 405, 410):
            continue
        metadata = _published(trace, before=one)
        document = metadata.json_object if metadata else None
        published = (document or {}).get(name)
        if metadata is None or not isinstance(published, str):
            continue
        if one.request.url.partition("?")[0] != published.partition("?")[0]:
            yield evidence(metadata, f"response.body.{name}", published)
            yield evidence(one, "request.url", one.request.url, published)
            yield status_evidence(one, "a call to the published endpoint")
            return


def _published(trace: Trace, *, before: Exchange) -> Exchange | None:
    """The metadata that the server published at last before a request."""
    found = [
        one
        for one in trace.at(Step.SERVER_METADATA)
        if one.n < before.n and one.status == 200 and one.response and one.response.json_object
    ]
    return found[-1] if found else None


@pattern.recording
def recording() -> Trace:
    json = (("Content-Type", "application/json"),)
    server = "https://auth.example.com"
    metadata = (
        b'{"issuer":"https://auth.example.com",'
        b'"authorization_endpoint":"https://auth.example.com/v2/authorize",'
        b'"token_endpoint":"https://auth.example.com/v2/token",'
        b'"registration_endpoint":"https://auth.example.com/v2/register"}'
    )
    return traffic(
        recorded(
            Step.SERVER_METADATA,
            f"{server}/.well-known/oauth-authorization-server",
            headers=json,
            answer=metadata,
        ),
        recorded(
            Step.TOKEN,
            f"{server}/token",
            method="POST",
            status=404,
            headers=json,
            answer=b'{"error":"not_found"}',
        ),
    )
