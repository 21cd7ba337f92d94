"""A rate limit refuses the refresh.

What happens
    The refresh is answered 429. The access token runs out, and the connection breaks in the middle
    of a conversation. It hits at the hour, and the more users a server has, the more often.

Why it breaks
    Claude renews the tokens of all users from a few addresses of one network, 160.79.104.0/21. A
    limit per address counts them all as one client, and tokens that were issued together are
    renewed together. To Claude a 429 is no dead token, and it has nothing else to come with. Claude
    Code comes from each user's own address, so there it takes a very low limit.

Fix
    Take the token endpoint out of limits per address, or at least that network out of them. Limit
    per client and per refresh token instead: a few refused attempts a minute for each are enough
    against guessing.

    The MCP TypeScript SDK allows 50 token requests in 15 minutes and address unless told otherwise.
    Lift it, and let Express see the caller's address and not the proxy's:

        app.set("trust proxy", 1);
        app.use(mcpAuthRouter({
          ...options, tokenOptions: { rateLimit: false },
        }));

    nginx does not count requests whose key is empty:

        geo $counted { default 1; 160.79.104.0/21 0; }
        map $counted $limit_key { 1 $binary_remote_addr; 0 ""; }
        limit_req_zone $limit_key zone=token:10m rate=5r/s;

    If you must refuse, say until when (RFC 6585 section 4, RFC 9110 section 10.2.3):

        HTTP/1.1 429 Too Many Requests
        Retry-After: 30

    To find a limit that nobody chose, ask sixty times:

        for n in $(seq 60); do
          curl -s -o /dev/null -w '%{http_code} ' -d grant_type=refresh_token \\
            -d refresh_token=$n -d client_id=ID https://YOUR-TOKEN-ENDPOINT
        done

    It prints 400 or 401 until a limit begins. Behind a 429, find out who sent it (the application,
    a gateway, a rule of the edge) and whether it counts the address.
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
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REFRESH,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    confidence=Confidence.REPORTED,
    reports=1,
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
