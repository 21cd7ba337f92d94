"""A body is compressed in a way that its headers do not tell.

What happens
    A JSON answer arrives as bytes that no client can read: compressed, and not labelled so, or
    labelled and not compressed, or cut off because its length was counted before compression. What
    the answer was needed for fails: metadata, the token, or the list of tools.

Why it breaks
    `Content-Encoding` must say what was done to the body (RFC 9110 section 8.4), and
    `Content-Length` counts the bytes that are sent (section 8.6). Two layers that both compress, or
    one that removes the header and keeps the body, break that.

    It was proven with other MCP clients: the Python SDK's at Datadog's MCP server (zstd), and some
    behind Envoy. For claude.ai no case is proven. Its broker was seen to accept gzip, deflate, br
    and zstd, which brings such faults to light that a plain curl does not meet. Claude Code asks
    for uncompressed MCP answers; its sign-in requests accept all four.

Fix
    Compress in one place at most; for small JSON it is not worth it. Turn it off for the MCP path,
    for `/.well-known/` and for the OAuth endpoints.

    nginx, in those locations:

        gzip off;
        proxy_set_header Accept-Encoding "";

    Express:

        app.use(compression({ filter: (req, res) =>
          !req.path.startsWith("/mcp") && compression.filter(req, res) }));

    Starlette and FastAPI: no `GZipMiddleware` around the MCP app. Cloudflare: a compression rule
    that turns compression off for these paths.

    The two must print the same JSON:

        URL=https://YOUR-HOST/.well-known/oauth-protected-resource/mcp
        curl -s $URL
        curl -s --compressed $URL
"""

import gzip
from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.network import by_claude
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, FailureKind, Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.calls import brings_token
from scenarios.effects import inferred

_PYTHON = Source("github.com/modelcontextprotocol/python-sdk/issues/2649", seen="2026-05-20")

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.INFRASTRUCTURE,
    impact={
        Surface.CLAUDE_AI: Effect(Impact.DEGRADES, Confidence.GUESS, _PYTHON),
        Surface.CLAUDE_CODE: inferred(Impact.DEGRADES),
    },
    confidence=Confidence.REPORTED,
    reports=5,
    explains=(
        "resource-metadata.found",
        "server-metadata.found",
        "server-metadata.json",
        "registration.accepted",
        "token.issued",
        "connect.accepted",
        "session.tools",
        "refresh.accepted",
    ),
    sources=(
        _PYTHON,
        Source("github.com/envoyproxy/ai-gateway/issues/1938", seen="2026-03-11"),
        Source("github.com/UsefulSoftwareCo/executor/issues/1399", seen="2026-07-10"),
    ),
)

_MAGIC = {b"\x1f\x8b\x08": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for one in by_claude(trace):
        found = list(_unreadable(one))
        if found:
            yield from found
            return


def _unreadable(exchange: Exchange) -> Iterator[Evidence]:
    response = exchange.response
    if response is None:
        return
    coding = response.header("content-encoding")
    if response.encoding_error is not None:
        yield evidence(exchange, "response.header.content-encoding", coding)
        yield evidence(exchange, "response.body", response.encoding_error, f"{coding} data")
        return
    packed = next(
        (name for magic, name in _MAGIC.items() if response.body[:4].startswith(magic)), 0
    )
    if packed and not _archive(exchange):
        found = f"{packed} data ({response.body[:4].hex(' ')})"
        yield evidence(exchange, "response.header.content-encoding", coding or "(absent)")
        yield evidence(exchange, "response.body", found, "JSON")
    failure = exchange.failure
    if coding and failure and failure.kind in (FailureKind.RESET, FailureKind.PROTOCOL):
        yield evidence(exchange, "response.header.content-encoding", coding)
        yield evidence(exchange, "failure", failure.text, "a complete body")


def _archive(exchange: Exchange) -> bool:
    """True where compressed data is what the answer says it is."""
    media_type = exchange.response.media_type if exchange.response else ""
    return "zip" in media_type or "zstd" in media_type


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """One layer compresses, and the next one takes the header away."""
    if not brings_token(asked) or answer.status != 200:
        return answer
    return replace(answer, body=gzip.compress(answer.body, mtime=0))
