"""The GET stream is accepted but its headers never arrive.

What happens
    Claude opens a stream with GET, and nothing comes back: no status, no headers. After about ten
    seconds it gives up. Users read that the integration rejected the credentials, or, after half a
    minute, that the connector's server is currently unavailable.

Why it breaks
    The server takes the request and writes nothing until it has a message to send, or a proxy holds
    back what it writes until the stream ends, which it never does. An open stream with its headers
    sent is fine; a request without an answer looks like a dead server.

Fix
    Answer GET at once, whatever the answer is. A server that keeps no sessions has nothing to send:
    route GET to a handler that answers 405 with `Allow: POST`.

    Otherwise send the headers and a comment at once, and keep proxies from collecting them. In
    Node, `res.flushHeaders()` or the first `res.write()` sends them:

        Content-Type: text/event-stream
        Cache-Control: no-cache
        X-Accel-Buffering: no

        : open

    nginx obeys `X-Accel-Buffering`; `proxy_buffering off` does the same from its side.

    The status has to come at once, long before the five seconds are over:

        curl -iN -m 5 -H 'Accept: text/event-stream' \\
          -H 'Authorization: Bearer TOKEN' https://YOUR-HOST/mcp

    A server with sessions wants `-H 'Mcp-Session-Id: ID'` too, with an id from `initialize`.
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, opening, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import FailureKind, Purpose, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.calls import handshake_era
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.SESSION,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    claude_shows=Shows.CREDENTIALS_REJECTED,
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("session.stream",),
    slow=True,
    sources=(
        Source("github.com/n8n-io/n8n/issues/34835", seen="2026-07-24"),
        Source("github.com/sseshachala/conductai/issues/1744", seen="2026-09-09"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer, posted = trace.last(Step.SESSION, Purpose.STREAM), opening(trace, Voice.RUNTIME)
    if answer is None or answer.response is not None or answer.failure is None:
        return
    if answer.failure.kind is FailureKind.TIMEOUT and posted is not None:
        yield status_evidence(answer, "an event stream, or 405, at once")
        yield evidence(posted, "response.status", f"{posted.status} to a POST of the same URL")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if asked.method == "GET" and asked.path == "/mcp":
        return replace(answer, delay=12.0)
    return handshake_era(asked, answer)
