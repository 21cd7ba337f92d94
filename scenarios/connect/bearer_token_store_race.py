"""A fresh token is refused at first, and accepted a moment later.

What happens
    The first call with the new token is answered 401, a later one goes through, with the same token
    or with one that was refreshed. Whether Claude connects is a matter of luck: it calls within
    milliseconds of the token answer, refreshes once after a 401, and then gives up.

Why it breaks
    The token is written to a store that another place reads with a delay: Cloudflare Workers KV
    (which also remembers for up to a minute that a key was not there), a read replica of a
    database, a cache in front of one. The token endpoint answers before the write can be seen.

Fix
    Let the check of a token depend on nothing that has to be copied first. Make the token carry its
    own proof: a signed JWT, verified with a public key, needs no store.

    Or keep tokens where a read sees the last write. Cloudflare: a Durable Object or D1 instead of
    KV. A database with replicas: look tokens up on the primary.

    Waiting in the token endpoint helps only as long as the delay stays short; Claude gives that
    endpoint 10 seconds.

    Take a token that is seconds old. With the fix, none of these says 401:

        for n in 1 2 3 4 5; do
          curl -s -o /dev/null -w '%{http_code}\\n' -X POST \\
            -H 'Authorization: Bearer TOKEN' https://YOUR-HOST/mcp; sleep 1
        done
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, refusal_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.calls import as_json, brings_token, rpc_method
from scenarios.effects import inferred, with_a_token

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: inferred(Impact.BREAKS),
        Surface.MESSAGES_API: with_a_token(Impact.NONE),
    },
    claude_shows=Shows.ERROR_WHEN_CONNECTING,
    confidence=Confidence.REPORTED,
    reports=1,
    sources=(Source("github.com/chrisdoc/hevy-mcp/issues/1039", seen="2026-08-17"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    calls = [
        one
        for one in trace.at(Step.CONNECT, Purpose.DISCOVER, Purpose.INITIALIZE)
        if one.request.header("authorization") is not None
    ]
    refused = [one for one in calls if one.status == 401]
    accepted = [one for one in calls if one.status == 200]
    if refused and accepted and refused[0].n < accepted[-1].n:
        yield from refusal_evidence(refused[0], "200")
        yield evidence(accepted[-1], "response.status", 200)
        if _token(refused[0]) == _token(accepted[-1]):
            yield evidence(accepted[-1], "request.header.authorization", "the same token")


def _token(exchange: Exchange) -> str | None:
    return exchange.request.header("authorization")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The first call comes before the token can be seen."""
    if not brings_token(asked) or rpc_method(asked) != "server/discover":
        return answer
    document = {"error": "invalid_token", "error_description": "the token is not known"}
    return as_json(answer, document, status=401).with_header(
        "WWW-Authenticate", 'Bearer error="invalid_token"'
    )
