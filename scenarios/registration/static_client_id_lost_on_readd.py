"""The connector was added again, and its client id was not entered again.

What happens
    The connector worked with a client id that somebody had entered. It was removed and added again.
    Now Claude reads the metadata and stops there: no authorization request follows. The user reads
    "Couldn't reach the MCP server", although the server answered everything.

Why it breaks
    The client id and its secret belong to the connector, and went with it. Without them Claude
    would have to register, and the authorization server offers neither registration nor client
    metadata documents (CIMD).

Fix
    Enter the id, and the secret if there is one, in the connector's advanced settings. In a team an
    owner has to do it, for all. In Claude Code a server that is added again needs its id again:

        claude mcp add --transport http --client-id ID --client-secret \\
          --callback-port 8080 NAME https://YOUR-HOST/mcp

    So that nobody needs to: offer CIMD or dynamic registration, or put the id where the next one
    finds it, into the instructions for adding the connector. "Remove it and add it again" is bad
    advice for a connector with an id of its own.

    Two times `null` means that an id has to be entered:

        curl -s https://YOUR-ISSUER/.well-known/oauth-authorization-server \\
          | jq '.registration_endpoint, .client_id_metadata_document_supported'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, simulated
from harness.diagnosis.token_endpoint import document
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from harness.model.wellknown import is_http_url
from scenarios.effects import inferred
from scenarios.hand_made import recorded, traffic
from scenarios.registrations import attempts, client_id_asked

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.DOCUMENTED,
    reports=1,
    detectable=Detectable.TRAFFIC,
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/350", seen="2026-05-27"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    before = [one for one in trace.at(Step.AUTHORIZE, Purpose.AUTHORIZE) if not one.exploration]
    metadata = trace.last(Step.SERVER_METADATA)
    if simulated(trace) or not before or metadata is None or attempts(trace):
        return
    client_id = client_id_asked(before[-1])
    if client_id is None or is_http_url(client_id) or not _no_way(metadata):
        return
    # Only a connection that began anew reads the metadata after a call without a token.
    anew = any(
        one.status == 401
        and before[-1].n < one.n < metadata.n
        and one.request.header("authorization") is None
        for one in trace.at(Step.CHALLENGE)
    )
    if anew and trace.exchanges[-1].n == metadata.n:
        yield evidence(before[-1], "request.query.client_id", client_id)
        yield evidence(
            metadata, "response.body.registration_endpoint", "(absent)", "it, or a client id"
        )


def _no_way(metadata: Exchange) -> bool:
    found = document(metadata)
    flag = found.get("client_id_metadata_document_supported")
    return bool(found) and found.get("registration_endpoint") is None and flag is not True


@pattern.recording
def recording() -> Trace:
    auth, mcp = "https://auth.example.com", "https://mcp.example.com/mcp"
    published = (
        f'{{"issuer":"{auth}","authorization_endpoint":"{auth}/authorize",'
        f'"token_endpoint":"{auth}/token","code_challenge_methods_supported":["S256"]}}'
    ).encode()
    challenge = (("WWW-Authenticate", f'Bearer resource_metadata="{mcp}-metadata"'),)
    where = f"{auth}/.well-known/oauth-authorization-server"
    return traffic(
        recorded(Step.SERVER_METADATA, where, answer=published),
        recorded(
            Step.AUTHORIZE,
            f"{auth}/authorize?response_type=code&client_id=app-1&state=s-1",
            status=302,
            headers=(("Location", "https://claude.ai/api/mcp/auth_callback?code=c-1&state=s-1"),),
        ),
        recorded(
            Step.TOKEN,
            f"{auth}/token",
            method="POST",
            body=b"grant_type=authorization_code&code=c-1&code_verifier=v-1&client_id=app-1",
            answer=b'{"access_token":"at-1","token_type":"Bearer","expires_in":3600,'
            b'"refresh_token":"rt-1"}',
        ),
        recorded(Step.CONNECT, mcp, method="POST", sent=(("Authorization", "Bearer at-1"),)),
        recorded(Step.CHALLENGE, mcp, method="POST", status=401, headers=challenge, at=900.0),
        recorded(Step.SERVER_METADATA, where, answer=published),
    )
