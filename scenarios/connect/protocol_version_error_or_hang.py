"""The server fails at an MCP version it does not know.

What happens
    `initialize` names a version that the server has never heard of, and instead of offering another
    one it answers with an error, or not at all. Claude cannot connect. Older clients still can,
    because they ask for an older version.

Why it breaks
    A server that does not support the version it is asked for has to answer with one it does
    support (MCP 2025-11-25, lifecycle: version negotiation). The client then decides. An error
    takes that choice away, and so does a look-up of the version that never ends.

Fix
    Negotiate, and do not compare for equality:

        const known = ["2025-11-25", "2025-06-18"];          // newest first
        const asked = request.params.protocolVersion;
        result.protocolVersion = known.includes(asked) ? asked : known[0];

    The official SDKs do this by themselves; with one of them, an update is the whole fix. Do not
    check the header `MCP-Protocol-Version` on `initialize`: Claude's sign-in broker sends it there
    before any version was agreed on.

    New versions appear about twice a year, so try one from the future. The answer has to be 200,
    with a version that the server does support:

        curl -si -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer TOKEN' \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{
          "protocolVersion":"2099-01-01","capabilities":{},
          "clientInfo":{"name":"test","version":"1"}}}'
"""

import json
import re
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, opening, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.jsonrpc import messages
from harness.model.trace import Exchange, FailureKind, Purpose, Response, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.calls import as_json, brings_token, handshake_era, rpc_method
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=3,
    explains=("challenge.answers", "challenge.401", "connect.accepted"),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/77", seen="2026-03-02"),
        Source("github.com/callumalpass/tasknotes/issues/1778", seen="2026-04-08"),
        Source("github.com/cl-ai-project/cl-mcp/issues/26", seen="2025-12-19"),
    ),
)

_VERSION = re.compile(r"protocol.{0,20}version|protocolversion|unsupported version", re.IGNORECASE)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    last = trace.last(Step.CONNECT, Purpose.INITIALIZE) or opening(trace, Voice.BROKER)
    if last is not None and last.response is not None and _about_version(last.response):
        if last.status != 200:
            yield status_evidence(last, "200")
        yield body_evidence(last, "a version that the server supports")
    hung = [one for one in _greetings(trace) if _timed_out(one)]
    discovered = opening(trace, Voice.RUNTIME, Purpose.DISCOVER)
    # Alive for another method, and for both voices silent to this one.
    if len(hung) == 2 and discovered is not None and discovered.response is not None:
        yield from (status_evidence(one, "an answer") for one in hung)
        yield evidence(discovered, "response.status", f"{discovered.status} to server/discover")


def _greetings(trace: Trace) -> Iterator[Exchange]:
    for voice in (Voice.BROKER, Voice.RUNTIME):
        found = opening(trace, voice)
        if found is not None:
            yield found


def _timed_out(exchange: Exchange) -> bool:
    failure = exchange.failure
    return exchange.response is None and failure is not None and failure.kind is FailureKind.TIMEOUT


def _about_version(response: Response) -> bool:
    """True for an error whose words are about the version."""
    if response.status in (401, 403):
        return False
    if response.status >= 400:
        return _VERSION.search(response.text[:4096]) is not None
    errors = [message["error"] for message in messages(response) if message.get("error")]
    return any(_VERSION.search(json.dumps(one)[:4096]) for one in errors)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not brings_token(asked) or rpc_method(asked) != "initialize":
        return handshake_era(asked, answer)
    error = {"code": -32602, "message": "Unsupported protocol version: 2025-11-25"}
    return as_json(answer, {"jsonrpc": "2.0", "id": 0, "error": error})
