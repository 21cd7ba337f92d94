"""A rate limit refuses the refresh.

What happens
    The refresh is answered 429. The access token runs out, and the connection breaks in the middle
    of a conversation. It hits at the hour, and the more users a server has, the more often.

Why it breaks
    Claude renews the tokens of all users from a few addresses of one network, 160.79.104.0/21. A
    limit per address counts them all as one client, and tokens that were issued together are
    renewed together. To Claude a 429 is no dead token, and it has nothing else to come with.

Fix
    Take the token endpoint out of limits per address, or at least out of them for that network.
    Limit per client and per refresh token instead: a few refused attempts a minute for each are
    enough against guessing. If you must refuse, say until when (RFC 6585 section 4, RFC 9110
    section 10.2.3):

        HTTP/1.1 429 Too Many Requests
        Retry-After: 30

    Look for defaults that nobody chose: `express-rate-limit` in the SDK's auth router, a plugin of
    the gateway, a rule at Cloudflare.
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, status_evidence, vercel_checkpoint
from harness.diagnosis.token_endpoint import refreshes
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_grant

pattern = Pattern(
    step=Step.REFRESH,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    confidence=Confidence.REPORTED,
    explains=("refresh.accepted", "refresh.again"),
    sources=(Source("github.com/jagduvi1/Cellarion/issues/785", seen="2026-07-18"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for answer in refreshes(trace):
        response = answer.response
        if response is None or response.status != 429 or vercel_checkpoint(response):
            continue
        yield status_evidence(answer, "200 with an access_token")
        wait = response.header("retry-after")
        if wait is not None:
            yield evidence(answer, "response.header.retry-after", wait)
        yield body_evidence(answer)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_grant(asked, "refresh_token"):
        return answer
    limited = replace(answer, status=429, body=b"Too many requests, please try again later.\n")
    return limited.with_header("Content-Type", "text/plain").with_header("Retry-After", "3600")
