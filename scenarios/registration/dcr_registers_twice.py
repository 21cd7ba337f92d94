"""Claude registers twice, and goes on with two different clients.

What happens
    Two registrations arrive within a second or two. The browser signs in with one of the clients,
    the token request names the other, and the server refuses the code, since it was issued to
    somebody else. The user has consented and reads that the authorization failed.

Why it breaks
    The refusal is right: a code is good for the client it was issued to alone (RFC 6749 section
    5.2). Why Claude registers twice is not known; two attempts for one connector that run at the
    same time would look like this. One report of August 2026 shows it, open as of 2026-09-22.
    Another of July 2026 saw two registrations from two of Claude's addresses in one attempt, and
    there the token was issued. Claude Code was seen to register once and to keep that client.

Fix
    No cure on the server's side is known that would be right. Do not accept the other client's
    code. What avoids registrations avoids two clients as well: a client id of your own, entered in
    the connector's settings, or client metadata documents (CIMD), for which both of these are
    published:

        "client_id_metadata_document_supported": true,
        "token_endpoint_auth_methods_supported": ["none"]

    Or, for a minute or so, answer the same registration (same address, same body) with the same
    public client. Then try once more, with one tab of Claude open, and report it with the times in
    UTC, both client ids and the `ofid_` value.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.diagnosis.token_endpoint import code_answer, form, issued
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred
from scenarios.hand_made import recorded, traffic
from scenarios.registrations import client_id_asked, registered_clients

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.OBSERVED,
    reports=1,
    explains=("token.issued",),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/966", seen="2026-08-31"),
        Source("github.com/anthropics/claude-ai-mcp/issues/597", seen="2026-07-14"),
    ),
)

TOGETHER = 10
"""Seconds within which two registrations belong to one attempt."""


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    asked, answer = trace.last(Step.AUTHORIZE, Purpose.AUTHORIZE), code_answer(trace)
    if asked is None or answer is None or issued(answer):
        return
    signed_in, redeems = client_id_asked(asked), form(answer).get("client_id")
    clients = registered_clients(trace)
    if signed_in is None or redeems is None or signed_in == redeems:
        return
    first, second = clients.get(signed_in), clients.get(redeems)
    if first is None or second is None or abs(first.started - second.started) > TOGETHER:
        return
    yield evidence(first, "response.body.client_id", signed_in)
    yield evidence(second, "response.body.client_id", redeems, "one registration")
    yield evidence(asked, "request.query.client_id", signed_in)
    yield evidence(answer, "request.body.client_id", redeems, signed_in)
    yield body_evidence(answer)


@pattern.recording
def recording() -> Trace:
    auth, json = "https://auth.example.com", (("Content-Type", "application/json"),)
    first, second = (
        recorded(
            Step.REGISTRATION,
            f"{auth}/register",
            method="POST",
            status=201,
            headers=json,
            answer=f'{{"client_id":"{name}","token_endpoint_auth_method":"none"}}'.encode(),
        )
        for name in ("client-1", "client-2")
    )
    return traffic(
        first,
        second,
        recorded(
            Step.AUTHORIZE,
            f"{auth}/authorize?response_type=code&client_id=client-1&state=s-1",
            status=302,
            headers=(("Location", "https://claude.ai/api/mcp/auth_callback?code=c-1&state=s-1"),),
        ),
        recorded(
            Step.TOKEN,
            f"{auth}/token",
            method="POST",
            body=b"grant_type=authorization_code&code=c-1&code_verifier=v-1&client_id=client-2",
            status=400,
            headers=json,
            answer=b'{"error":"invalid_grant","error_description":"issued to another client"}',
        ),
    )
