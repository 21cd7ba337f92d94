"""A proxy holds an event stream back until it is complete.

What happens
    The answer is an event stream, and all of its events arrive at once, at the very end: progress
    and keep-alives come too late to tell anybody that the call is alive. Long calls hang and run
    into a time limit; a stream that is not closed never delivers anything. Claude then says that
    the connector's server is currently unavailable.

Why it breaks
    Something between the server and Claude collects the answer before it passes it on: nginx with
    `proxy_buffering` (its default), a tunnel or CDN, compression of the stream, a framework that
    does not flush. Cloudflare's quick tunnels (trycloudflare.com) do not support event streams.

Fix
    Let every event leave at once, or send none. The server: `X-Accel-Buffering: no` with every
    `text/event-stream` answer; nginx obeys it. Or set it where the proxy is:

        location /mcp {
          proxy_buffering off;
          gzip off;
          proxy_http_version 1.1;
          proxy_read_timeout 310s;
          proxy_pass http://BACKEND;
        }

    Leave event streams out of compression; in Express, keep `compression()` away from this route.

    Where the way cannot be changed, answer with plain JSON, which is allowed for every request.
    FastMCP: `mcp.http_app(json_response=True)`. Python SDK: `json_response=True` of the session
    manager. TypeScript SDK: `enableJsonResponse: true`.

    Call a slow tool that reports progress. The times have to be spread, not all the same:

        curl -sN -X POST https://YOUR-HOST/mcp -H 'Authorization: Bearer TOKEN' \\
          -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' \\
          -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{
          "name":"TOOL","arguments":{},"_meta":{"progressToken":1}}}' \\
          | while read -r line; do date +%T; done
"""

import json
from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.jsonrpc import messages
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.calls import brings_token, rpc_method
from scenarios.effects import inferred

LONG, AT_ONCE = 2000.0, 50.0
"""Milliseconds: an answer that took long, and one whose parts came together."""

pattern = Pattern(
    step=Step.SESSION,
    party=Party.INFRASTRUCTURE,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.SERVER_UNAVAILABLE,
    confidence=Confidence.REPORTED,
    reports=4,
    sources=(
        Source("github.com/sseshachala/conductai/issues/1744", seen="2026-09-09"),
        Source("github.com/modelcontextprotocol/java-sdk/issues/848", seen="2026-03-04"),
        Source("github.com/cloudflare/cloudflared/issues/1496", seen="2025-06"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    held = next((one for one in trace.exchanges if _held_back(one)), None)
    if held is not None and held.response is not None:
        ms = f"{held.timing.wait:.0f} ms to the first byte, {held.timing.read:.0f} ms for the rest"
        yield evidence(held, "timing.wait", ms, "the first event as soon as it happens")
        yield evidence(held, "response.body", f"{_early(held)} events before the answer")
        found = held.response.header("x-accel-buffering") or "(absent)"
        yield evidence(held, "response.header.x-accel-buffering", found, "no")


def _held_back(exchange: Exchange) -> bool:
    response, timing = exchange.response, exchange.timing
    if response is None or response.media_type != "text/event-stream":
        return False
    if exchange.request.method != "POST" or timing.wait is None or timing.read is None:
        return False
    return timing.wait >= LONG and timing.read <= AT_ONCE and _early(exchange) >= 2


def _early(exchange: Exchange) -> int:
    """How many events and keep-alive comments ought to have come before the answer."""
    response = exchange.response
    if response is None:
        return 0
    notified = sum("method" in message for message in messages(response))
    return notified + sum(line.startswith(":") for line in response.text.splitlines())


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A slow answer with progress, in one piece."""
    if not brings_token(asked) or rpc_method(asked) != "prompts/list":
        return answer
    progress = {"jsonrpc": "2.0", "method": "notifications/progress"}
    sent = [
        *({**progress, "params": {"progressToken": 1, "progress": done}} for done in (1, 2, 3)),
        {"jsonrpc": "2.0", "id": 3, "result": {"prompts": []}},
    ]
    body = "".join(f"data: {json.dumps(one)}\n\n" for one in sent).encode()
    slow = replace(answer, status=200, body=body, delay=2.5)
    return slow.with_header("Content-Type", "text/event-stream")
