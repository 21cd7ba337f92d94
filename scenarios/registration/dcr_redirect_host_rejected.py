"""The registration refuses Claude's redirect URI.

What happens
    Claude registers with the redirect URI `https://claude.ai/api/mcp/auth_callback`. The
    authorization server refuses it, mostly with `invalid_redirect_uri`. Claude gets no client id
    and stops.

Why it breaks
    The server only takes redirect URIs from a list of hosts, and Claude's is not on it. Often the
    list holds loopback alone: then desktop tools and MCP Inspector register, and Claude does not.
    Claude Code is the other way round: it registers `http://localhost:PORT/callback` with a port
    that changes, so a list of web addresses, or of one port, refuses it. The error code is the one
    of RFC 7591 section 3.2.2.

Fix
    Allow these redirect URIs, compared as a whole; `claude.com` is announced as a later host:

        https://claude.ai/api/mcp/auth_callback
        https://claude.com/api/mcp/auth_callback

    Keep `http://localhost` and `http://127.0.0.1` with any port for Claude Code (RFC 8252 section
    7.3). In FastMCP's OAuth proxy, which allows every address unless it is given a list:

        allowed_client_redirect_uris=[
            "https://claude.ai/api/mcp/auth_callback",
            "https://claude.com/api/mcp/auth_callback",
            "http://localhost:*",
            "http://127.0.0.1:*",
        ]

    In Keycloak the list is the policy Trusted Hosts (dcr-keycloak-trusted-hosts). Both of these
    have to come back with 201:

        for uri in https://claude.ai/api/mcp/auth_callback \\
                   http://localhost:53117/callback; do
          curl -i https://YOUR-REGISTRATION-ENDPOINT \\
            -H 'Content-Type: application/json' \\
            -d "{\\"redirect_uris\\":[\\"$uri\\"]}"
        done
"""

from collections.abc import Iterator, Mapping

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Json, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_server_metadata, without
from scenarios.effects import measured

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.DOCUMENTED,
    reports=4,
    explains=("registration.accepted",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/158", seen="2026-05-12"),
        Source("github.com/paradigmxyz/centaur/issues/1059", seen="2026-07-13"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.REGISTRATION, Purpose.REGISTER)
    response = answer.response if answer else None
    if answer is None or response is None or not 400 <= response.status < 500:
        return
    if _is_about_redirects(response.json_object or {}):
        yield body_evidence(answer, "201 with a client_id")
        asked = (answer.request.json_object or {}).get("redirect_uris")
        listed = ", ".join(map(str, asked)) if isinstance(asked, list) else asked
        yield evidence(answer, "request.body.redirect_uris", listed)


def _is_about_redirects(document: Mapping[str, Json]) -> bool:
    error, said = document.get("error"), str(document.get("error_description") or "").lower()
    about = "redirect_uri" in said or "redirect uri" in said
    return error == "invalid_redirect_uri" or (error == "invalid_client_metadata" and about)


@pattern.settings
def settings() -> Mapping[str, object]:
    """A list made for desktop tools."""
    return {"redirect_hosts": ("localhost", "127.0.0.1")}


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """Without CIMD, Claude registers."""
    if not is_server_metadata(asked):
        return answer
    return without(answer, "client_id_metadata_document_supported")
