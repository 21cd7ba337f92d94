"""A rate limit refuses Claude at the registration or the token endpoint.

What happens
    The registration, or the token request after the sign-in, is answered 429. It comes and goes,
    and the more people try to connect, the more often. Claude gives up at once.

Why it breaks
    Claude registers anew for every fresh connection, and its requests for all users come from a few
    addresses of one network, 160.79.104.0/21. A limit per address counts them all as one client.
    The MCP TypeScript SDK's router allows 20 registrations an hour and address unless told
    otherwise. Claude Code comes from its user's address and keeps its client, so it meets such a
    limit only where a proxy's address is counted for everybody's.

Fix
    Take that network out of limits per address, or count per client and per user at the token
    endpoint, and in total at the registration. In the TypeScript SDK:

        mcpAuthRouter({
          ...options,
          clientRegistrationOptions: {
            rateLimit: { windowMs: 3600_000, max: 500 },
          },
          tokenOptions: { rateLimit: { windowMs: 60_000, max: 500 } },
        })

    In nginx an empty key is not counted:

        geo $limited { default 1; 160.79.104.0/21 0; }
        map $limited $limit_key { 0 ""; 1 $binary_remote_addr; }
        limit_req_zone $limit_key zone=oauth:10m rate=5r/s;

    In a Cloudflare rule add `and not ip.src in {160.79.104.0/21}` to the expression. Behind a proxy
    see that the limit counts the client's address and not the proxy's, else all the world shares
    one (dcr-xff-rate-limiter-crash). Client metadata documents (CIMD) do away with registrations
    altogether. If you must refuse, send `Retry-After` (RFC 6585 section 4).

    Thirty empty registrations make no client, and show what one address may do: 400, no 429. What
    Claude's network gets, only the server's and the edge's log tell:

        for i in $(seq 30); do
          curl -s -o /dev/null -w '%{http_code}\\n' -d '{}' \\
            -H 'Content-Type: application/json' https://YOUR-REGISTRATION-ENDPOINT
        done | sort | uniq -c
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence, status_evidence, vercel_checkpoint
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred
from scenarios.registrations import attempts, registers

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.REPORTED,
    reports=4,
    explains=("registration.accepted", "token.issued"),
    sources=(
        Source("github.com/brendanlong/lion-reader/issues/974", seen="2026-07-04"),
        Source("github.com/jagduvi1/Cellarion/issues/785", seen="2026-07-18"),
        Source("github.com/dnic-dev/bw-modeling-mcp/issues/35", seen="2026-09-13"),
        Source("brendanlong.com/debugging-claude-ai-mcp-connectors.html", seen="2026-07-04"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    # A refresh that is refused so is a failure of its own.
    for one in (*attempts(trace), *trace.at(Step.TOKEN, Purpose.TOKEN, exploration=False)):
        response = one.response
        if response is None or response.status != 429:
            continue
        # A firewall that wants a browser to prove itself uses the status for something else.
        if vercel_checkpoint(response) or response.header("cf-mitigated") == "challenge":
            continue
        yield status_evidence(one, "a client" if one.step is Step.REGISTRATION else "a token")
        wait = response.header("retry-after")
        if wait is not None:
            yield evidence(one, "response.header.retry-after", wait)
        yield body_evidence(one)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if (metadata := registers(asked, answer)) is not None:
        return metadata
    if not asked.path.endswith("/register"):
        return answer
    limited = replace(answer, status=429, body=b"Too many requests, please try again later.\n")
    return limited.with_header("Content-Type", "text/plain").with_header("Retry-After", "3600")
