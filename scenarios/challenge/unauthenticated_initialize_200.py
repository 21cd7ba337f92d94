"""The server lets Claude in without a token although it has a sign-in.

What happens
    `initialize` is answered 200 without a token, while resource metadata is published for this
    endpoint or a later call asks for a token. Claude takes the server for one without sign-in: its
    dialog says "None: Detected" and offers no way to connect an account. What needs an account
    fails later, or is missing.

Why it breaks
    Whether a server wants a sign-in is decided by the first answer: only 401 says so. A 401 on a
    later tool call (lazy authentication) does bring up a sign-in, but this is young in Claude, and
    reports of 2026 say that it does not always work, or that the sign-in is asked for at once.

Fix
    If everybody has to sign in, answer 401 to every call without a token, `initialize` and
    `server/discover` included. The check belongs before the MCP library, not into the tools.

    Express with the TypeScript SDK: `requireBearerAuth` in front of the transport, for all methods.
    Next.js with `mcp-handler`, where calls without a token pass unless this is set:

        withMcpAuth(handler, verifyToken, { required: true })

    If some tools are meant to work without an account, keep it, and offer those who have one an
    address that always asks, for example `https://YOUR-HOST/mcp?auth=required`. In Claude's dialog
    a person can also choose the sign-in by hand; in Claude Code, `claude mcp login` asks for it.

    If no sign-in is wanted at all, stop publishing the resource metadata.

    Where everybody has to sign in, this must be 401:

        curl -si -X POST https://YOUR-HOST/mcp \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}' \\
          | head -n 1
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import (
    authless,
    evidence,
    metadata_answers,
    opening,
    refusal_evidence,
    status_evidence,
)
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from harness.model.wellknown import difference
from scenarios.effects import inferred, with_a_token
from scenarios.open_endpoint import open_to_all

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.DEGRADES,
        Surface.CLAUDE_CODE: inferred(Impact.DEGRADES),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    confidence=Confidence.OBSERVED,
    reports=7,
    explains=("session.tools",),
    sources=(
        Source("github.com/erp-mafia/accounted/issues/2159", seen="2026-09-02"),
        Source("github.com/anthropics/claude-ai-mcp/issues/1065", seen="2026-09-22"),
        Source("github.com/anthropics/claude-ai-mcp/issues/1013", seen="2026-09-09"),
        Source("github.com/anthropics/claude-ai-mcp/issues/764", seen="2026-08-04"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = opening(trace, Voice.BROKER)
    if answer is None or not authless(trace):
        return
    document = next((one for one in metadata_answers(trace) if _protects(one, trace)), None)
    refused = next((one for one in trace.at(Step.SESSION) if _asks_for_token(one)), None)
    if document is not None or refused is not None:
        yield status_evidence(answer, "401")
    if document is not None:
        yield evidence(document, "response.status", f"200 at {document.request.url}")
    if refused is not None:
        yield from refusal_evidence(refused, "401 to the first call already")


def _protects(exchange: Exchange, trace: Trace) -> bool:
    """True for resource metadata that speaks of this very endpoint."""
    document = exchange.json_object
    if exchange.status != 200 or document is None or not document.get("authorization_servers"):
        return False
    resource = document.get("resource")
    return isinstance(resource, str) and (
        difference(trace.target, resource) in (None, "trailing slash")
    )


def _asks_for_token(exchange: Exchange) -> bool:
    return exchange.status == 401 and exchange.request.header("authorization") is None


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """Lazy authentication: only what is neither listing nor greeting wants a token."""
    return answer if b'"tools/call"' in asked.body else open_to_all(asked, answer)
