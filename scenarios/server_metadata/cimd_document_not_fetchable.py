"""The authorization server cannot fetch Claude's client metadata document.

What happens
    Claude sends the browser to the authorization endpoint with a `client_id` that is a URL. The
    authorization server fetches the document from there, gets a block page, an error or nothing,
    and refuses the client (`invalid_client`, `invalid_client_metadata`) before it shows a sign-in
    page. The same server may have worked the day before. Claude Code has a document of its own on
    the same host, with the same trouble.

Why it breaks
    The document is fetched by the authorization server, from its own network. Egress rules, a DNS
    that does not know the outside, or the bot protection in front of claude.ai can be in the way;
    reports have it refusing single addresses of cloud providers (Fly.io among them) whatever the
    User-Agent. The document itself was out for hours once (503, July 2026). Only claude.ai has it:
    the twin on claude.com is 404.

Fix
    Make sure that the machine of the authorization server can fetch the documents, and keep the
    last good copy for the times when it cannot. Servers that met such a block also carry a fixed
    copy of the two documents below, and use it when the fetch fails. Open egress to claude.ai on
    443, and accept nothing but 200 with JSON.

    Until then take `client_id_metadata_document_supported` out of the metadata: Claude registers
    dynamically, if there is a `registration_endpoint`, or takes a client id entered by hand.

    On that machine, not on your own, both of these have to be 200 and JSON:

        curl -si https://claude.ai/oauth/mcp-oauth-client-metadata
        curl -si https://claude.ai/oauth/claude-code-client-metadata

    If it is a challenge page (403, `cf-mitigated`), try another egress address, and report it to
    Anthropic with the address you come from, the time in UTC and the CF-RAY header.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import body_evidence, evidence, simulated, status_evidence
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.AUTHORIZE,
    party=Party.INFRASTRUCTURE,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.BREAKS,
            Confidence.OBSERVED,
            Source("github.com/anthropics/claude-code/issues/84263", seen="2026-08-05"),
        ),
    },
    confidence=Confidence.REPORTED,
    reports=4,
    explains=("authorize.answers", "login.reaches-callback"),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/650", seen="2026-07-20"),
        Source("github.com/anthropics/claude-ai-mcp/issues/96", seen="2026-03"),
        Source("github.com/anthropics/claude-ai-mcp/issues/518", seen="2026-07-01"),
        Source("github.com/anthropics/claude-code/issues/84263", seen="2026-08-05"),
        Source("github.com/dropseed/plain/issues/108", seen="2026-09-03"),
    ),
)

DOCUMENT = "https://claude.ai/oauth/mcp-oauth-client-metadata"
_DOCUMENTS = re.compile(r"https://claude\.(ai|com)/oauth/[\w-]+-client-metadata")
_FETCH = re.compile(r"fetch|retriev|download|load|reach|resolv", re.IGNORECASE)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    if simulated(trace):
        return
    for one in trace.exchanges:
        response = one.response
        if _DOCUMENTS.fullmatch(one.request.url):
            if response is None or response.status != 200 or response.json_object is None:
                yield evidence(one, "request.url", one.request.url)
                yield status_evidence(one, "200 with a JSON object")
        elif one.purpose is Purpose.AUTHORIZE and _refused_for_the_document(one):
            yield evidence(one, "request.url", one.request.url)
            yield body_evidence(one, "a sign-in page")


def _refused_for_the_document(asked: Exchange) -> bool:
    """True when an authorization request is refused and the answer speaks of fetching."""
    client_id = dict(parse_qsl(urlsplit(asked.request.url).query)).get("client_id", "")
    document = asked.json_object or {}
    refused = document.get("error") in ("invalid_client", "invalid_client_metadata")
    said = str(document.get("error_description"))
    return bool(_DOCUMENTS.fullmatch(client_id)) and refused and bool(_FETCH.search(said))


@pattern.recording
def recording() -> Trace:
    asked = f"response_type=code&client_id={DOCUMENT.replace(':', '%3A').replace('/', '%2F')}"
    refusal = b'{"error":"invalid_client","error_description":"could not fetch the document: 403"}'
    return traffic(
        recorded(
            Step.AUTHORIZE,
            f"https://auth.example.com/authorize?{asked}&state=s-1",
            status=401,
            headers=(("Content-Type", "application/json"),),
            answer=refusal,
        )
    )
