"""The rate limiter fails on the header a proxy adds.

What happens
    Registration, authorization or token are answered 500, as soon as a proxy stands in front of the
    server. On the developer's machine all of it works. The log holds
    `ERR_ERL_UNEXPECTED_X_FORWARDED_FOR`.

Why it breaks
    The router of the MCP TypeScript SDK limits its endpoints with `express-rate-limit`. That module
    finds `X-Forwarded-For` in the request while Express is not told to trust a proxy, and reports
    an error, since it would count the proxy's address for everybody's.

    Two operators report that the token endpoint failed by it and that the setting below cured it.
    By its source, version 7 of the module only writes this error to the log and lets the request
    pass. So where the line is in the log and the endpoint answers, look for the reason of a failed
    connection elsewhere. What is certain is the other harm: all users share one limit
    (dcr-rate-limited).

Fix
    Tell Express how many proxies are in front, before the routes are added:

        app.set("trust proxy", 1);

    Give the real number (load balancer and nginx: 2), not `true`: with that everyone can write the
    address that is counted, and the module complains again (`ERR_ERL_PERMISSIVE_TRUST_PROXY`). Try
    it as the proxy would send it; no 500 may come, and the log has to stay quiet:

        curl -i https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'X-Forwarded-For: 203.0.113.7' \\
          -H 'Content-Type: application/json' \\
          -d '{"redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}'
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Detectable, Pattern
from harness.diagnosis.reading import evidence, status_evidence
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred
from scenarios.hand_made import recorded, traffic

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.CONTESTED,
    reports=2,
    explains=("registration.accepted", "authorize.answers", "token.issued", "refresh.accepted"),
    detectable=Detectable.TRAFFIC,
    sources=(
        Source("github.com/freema/openclaw-mcp/issues/30", seen="2026-05-15"),
        Source("github.com/elgorro/aiquila/issues/31", seen="2026-03"),
    ),
)

_ENDPOINTS = (Step.REGISTRATION, Step.AUTHORIZE, Step.TOKEN, Step.REFRESH)
_WORDS = ("err_erl_unexpected_x_forwarded_for", "'trust proxy' setting")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for one in trace.exchanges:
        if one.step in _ENDPOINTS and not one.exploration and one.status == 500:
            line = _named(one)
            if line is not None:
                yield status_evidence(one, "201" if one.step is Step.REGISTRATION else "an answer")
                yield evidence(one, "response.body", line)
                forwarded = one.request.header("x-forwarded-for")
                if forwarded is not None:
                    yield evidence(one, "request.header.x-forwarded-for", forwarded)


def _named(exchange: Exchange) -> str | None:
    """The line of the answer that names the error; Express prints it outside production."""
    text = exchange.response.text[:65536] if exchange.response else ""
    lines = (one.strip() for one in text.splitlines())
    return next((one for one in lines if any(word in one.lower() for word in _WORDS)), None)


@pattern.recording
def recording() -> Trace:
    return traffic(
        recorded(
            Step.REGISTRATION,
            "https://mcp.example.com/register",
            method="POST",
            sent=(("Content-Type", "application/json"), ("X-Forwarded-For", "160.79.104.10")),
            body=b'{"redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}',
            status=500,
            headers=(("Content-Type", "text/html"),),
            answer=b"<pre>ValidationError: The 'X-Forwarded-For' header is set but the Express "
            b"'trust proxy' setting is false (ERR_ERL_UNEXPECTED_X_FORWARDED_FOR)</pre>",
        ),
    )
