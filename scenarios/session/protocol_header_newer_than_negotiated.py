"""A call under a newer version header than agreed on is refused.

What happens
    Claude and the server settled on an older MCP version. Claude was seen to put its newest one,
    2026-07-28, into the header `MCP-Protocol-Version` of later calls all the same, and this server
    refuses that with 400. Such a connection fails although the handshake went well.

Why it breaks
    The fault is Claude's: behind the handshake the header carries the version agreed on. The server
    is in the right, MCP even asks for 400 where the header names a version it does not support (MCP
    2025-11-25, transports: protocol version header), and official SDKs do it. Newer builds of
    Claude may not send it any more. Claude Code was measured to send the version agreed on.

Fix
    If your log shows 400 "Unsupported protocol version" for calls of Claude, take the version of
    the session instead of refusing. Updating the server to an SDK that speaks 2026-07-28 cures it
    for good. Where no call of Claude fails like this there is nothing to do.

    In front of a strict SDK drop the header where it names a version that is unknown; a server
    without it assumes 2025-03-26 or the session's version. nginx, the map in the http block:

        map $http_mcp_protocol_version $mcp_version {
          default $http_mcp_protocol_version;
          2026-07-28 "";
        }
        location /mcp {
          proxy_set_header MCP-Protocol-Version $mcp_version;
          proxy_set_header Host $host;
          proxy_pass http://BACKEND;
        }

    One `proxy_set_header` in a location puts those of the outer blocks out of force there, so
    repeat the others that you have. With an id from `initialize`, this has to say 200:

        curl -si -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer TOKEN' \\
          -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Session-Id: ID' \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' | head -1
"""

import re
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, status_evidence
from harness.diagnosis.rows_challenge import agreed_version
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import Members, as_json, handshake_era, rpc_method
from scenarios.effects import measured

pattern = Pattern(
    step=Step.SESSION,
    party=Party.CLAUDE,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.NONE)},
    confidence=Confidence.OBSERVED,
    reports=2,
    deep=True,
    sources=(
        Source("github.com/CodeWithCJ/SparkyFitness/issues/2155", seen="2026-08-18"),
        Source("modelcontextprotocol.io/specification/2025-11-25/basic/transports", "2025-11-25"),
    ),
)

_VERSION = re.compile(
    r"\b(unsupported|unknown|invalid|bad)\b.{0,20}version"
    r"|version.{0,40}\b(not supported|unsupported)",
    re.IGNORECASE,
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    agreed = agreed_version(trace)
    for one in trace.at(Step.SESSION) if agreed else ():
        sent = one.request.header("mcp-protocol-version")
        if agreed is None or sent is None or sent <= agreed[1] or one.response is None:
            continue
        if one.status == 400 and _VERSION.search(one.response.text[:4096]):
            yield evidence(one, "request.header.mcp-protocol-version", sent, agreed[1])
            yield status_evidence(one, "200")
            yield body_evidence(one)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A strict SDK that knows no version beyond 2025-11-25."""
    if rpc_method(asked) != "tools/list":
        return handshake_era(asked, answer)
    if asked.header("mcp-protocol-version") != "2026-07-28":
        # It keeps no sessions, so that nothing but the version is found wanting.
        tools: Members = {"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}
        return answer if answer.status == 200 else as_json(answer, tools)
    error = {"code": -32000, "message": "Bad Request: Unsupported protocol version: 2026-07-28"}
    return as_json(answer, {"jsonrpc": "2.0", "id": None, "error": error}, status=400)
