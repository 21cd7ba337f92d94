"""The challenge comes with a 200 instead of a 401.

What happens
    A call without a token is answered 200, with a `WWW-Authenticate` header or with words such as
    "unauthorized" in a JSON-RPC error or a tool result. Claude takes 200 for success. It never
    starts the sign-in; the user sees a connection that fails or tools that complain.

Why it breaks
    Claude acts on the status alone: only 401 starts the sign-in, a challenge on any other status is
    ignored (its documentation says so). A 401 has to carry the challenge (RFC 9110 section 15.5.2),
    and a resource answers a call without a token with it (RFC 6750 section 3).

Fix
    Check the token in the HTTP layer, before the MCP library takes the request: there the status
    can still be chosen. An error raised inside a tool or a JSON-RPC handler ends up under 200.

        HTTP/1.1 401 Unauthorized
        WWW-Authenticate: Bearer resource_metadata=
          "https://YOUR-HOST/.well-known/oauth-protected-resource/mcp"

    Express with the TypeScript SDK: `requireBearerAuth` as a middleware in front of the transport.
    FastMCP: an auth provider in `FastMCP(auth=...)`; its own middleware classes run inside of
    JSON-RPC, and what they raise is answered 200. Next.js with `mcp-handler`:

        export const POST = withMcpAuth(handler, verifyToken,
          { required: true });

    Where only some tools need a sign-in, answer the HTTP request of that `tools/call` with 401.

    This must be 401:

        curl -si -X POST https://YOUR-HOST/mcp \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}' \\
          | head -n 1
"""

import json
import re
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, opening, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.challenge import bearer
from harness.model.jsonrpc import messages
from harness.model.trace import Exchange, Purpose, Response, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import as_json
from scenarios.effects import inferred, with_a_token

pattern = Pattern(
    step=Step.CHALLENGE,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: inferred(Impact.BREAKS),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    confidence=Confidence.DOCUMENTED,
    reports=1,
    explains=("challenge.401", "session.tools"),
    sources=(Source("claude.com/docs/connectors/building/authentication", seen="2026-10-01"),),
)

_REFUSES = re.compile(
    r"\bunauthori[sz]ed\b|\bunauthenticated\b|\bnot authenticated\b|\bsign[- ]?in required\b"
    r"|\bauthentication (is )?(required|needed)\b|\b(missing|no|invalid) (access |bearer )?token\b",
    re.IGNORECASE,
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for one in _without_token(trace):
        response = one.response
        if response is None or response.status != 200:
            continue
        lines = response.header_lines("www-authenticate")
        if bearer(lines) is not None:
            yield status_evidence(one, "401")
            yield evidence(one, "response.header.www-authenticate", ", ".join(lines))
        elif _refuses(response):
            yield status_evidence(one, "401")
            yield body_evidence(one)


def _without_token(trace: Trace) -> Iterator[Exchange]:
    """The opening call, and the calls of tools that were made without a token."""
    answer = opening(trace, Voice.BROKER)
    called = trace.at(Step.SESSION, Purpose.LIST_TOOLS, Purpose.CALL_TOOL)
    for one in (*([answer] if answer else []), *called):
        if one.request.header("authorization") is None:
            yield one


def _refuses(response: Response) -> bool:
    """True when an error or a failed tool says that it wants a token."""
    for message in messages(response):
        result, error = message.get("result"), message.get("error")
        failed = result if isinstance(result, dict) and result.get("isError") is True else error
        if failed and _REFUSES.search(json.dumps(failed)[:4096]):
            return True
    return False


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The check sits in the JSON-RPC layer, where the status is decided already."""
    if answer.status != 401 or asked.path != "/mcp" or asked.header("authorization") is not None:
        return answer
    error = {"code": -32001, "message": "Unauthorized: a bearer token is needed"}
    return as_json(answer, {"jsonrpc": "2.0", "id": None, "error": error})
