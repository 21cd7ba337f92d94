"""A missing scope is not reported as 403 insufficient_scope.

What happens
    A token is good enough to list the tools and lacks the scope for one of them. The server says so
    with 401, with a 403 that has no `insufficient_scope`, or with 200 and a tool error in plain
    words. On 401 Claude refreshes and signs in again, and gets the same token: users go round in
    circles. A tool error only the model reads, and nobody is asked for consent.

Why it breaks
    Claude acts on the status and the challenge. 401 means that the token is worthless, and only 403
    with `error="insufficient_scope"` means that a wider one would do (RFC 6750 section 3.1; MCP
    2025-11-25, scope challenge handling). FastMCP's `require_scopes` on a tool is another thing: it
    hides the tool from tokens without the scope.

Fix
    Check the scope before the MCP library takes the request, where the HTTP status can still be
    chosen, and name all the call needs, what the token has included:

        HTTP/1.1 403 Forbidden
        WWW-Authenticate: Bearer error="insufficient_scope",
          scope="notes:read notes:write",
          resource_metadata="https://YOUR-HOST/..."

    TypeScript SDK, in a handler behind `requireBearerAuth`, with a table of scopes by tool:

        const needs = SCOPES[req.body.params?.name] ?? [];
        const has = req.auth.scopes;
        if (needs.some((one) => !has.includes(one)))
          return res.status(403).set("WWW-Authenticate",
            `Bearer error="insufficient_scope", ` +
            `scope="${[...new Set([...has, ...needs])].join(" ")}", ` +
            `resource_metadata="${METADATA_URL}"`).end();

    For one scope that every call needs, `requireBearerAuth({ requiredScopes })` says it by itself.

    Claude does not always follow even that (step-up-403-ignored), so ask for every scope at the
    first sign-in as well. With a token that lacks the scope, this has to show the 403 above:

        curl -si -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer TOKEN' \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"tools/call",
          "params":{"name":"TOOL","arguments":{}}}'
"""

import json
import re
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, challenge_parameter, evidence, refusal_evidence
from harness.model.jsonrpc import messages
from harness.model.trace import Exchange, Purpose, Response, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.STEP_UP,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: inferred(Impact.DEGRADES)},
    confidence=Confidence.SPECIFICATION,
    reports=0,
    sources=(
        Source("www.rfc-editor.org/rfc/rfc6750", seen="2012-10"),
        Source(
            "modelcontextprotocol.io/specification/2025-11-25/basic/authorization", "2025-11-25"
        ),
    ),
)

_SCOPE = re.compile(r"\b(insufficient|missing|lacks?|requires?|needs?)\b.{0,60}\bscopes?\b|"
                    r"\bscopes?\b.{0,60}\b(insufficient|missing|required|needed)\b"
                    r"|insufficient_scope", re.IGNORECASE)  # fmt: skip


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    good = next((one for one in trace.exchanges if _lists(one)), None)
    for called in trace.exchanges:
        if called.purpose is not Purpose.CALL_TOOL or called.response is None or good is None:
            continue
        if _token(called) is None or _token(called) != _token(good):
            continue
        if called.status in (401, 403) and not _asks_for_more(called):
            yield evidence(good, "response.status", 200)
            yield from refusal_evidence(called, "403 with insufficient_scope")
        elif called.status == 200 and _tells_of_scope(called.response):
            yield body_evidence(called, "403 with insufficient_scope")


def _lists(exchange: Exchange) -> bool:
    return exchange.purpose is Purpose.LIST_TOOLS and exchange.status == 200


def _token(exchange: Exchange) -> str | None:
    return exchange.request.header("authorization")


def _asks_for_more(called: Exchange) -> bool:
    return called.status == 403 and challenge_parameter(called, "error") == "insufficient_scope"


def _tells_of_scope(response: Response) -> bool:
    """True for a failed call whose words are about a scope."""
    for message in messages(response):
        result, error = message.get("result"), message.get("error")
        failed = result if isinstance(result, dict) and result.get("isError") is True else error
        if failed and _SCOPE.search(json.dumps(failed)[:4096]):
            return True
    return False


@pattern.recording
def recording() -> Trace:
    """The tools can be listed; the call that writes is answered 401."""
    sent = (("Authorization", "Bearer <access_token:1 43>"),)
    url, said = "https://mcp.example.com/mcp", 'Bearer error="invalid_token"'
    return traffic(
        recorded(Step.SESSION, url, method="POST", sent=sent, purpose=Purpose.LIST_TOOLS),
        recorded(
            Step.SESSION,
            url,
            method="POST",
            sent=sent,
            purpose=Purpose.CALL_TOOL,
            status=401,
            headers=(("WWW-Authenticate", said),),
        ),
    )
