"""An OAuth endpoint answers too late.

What happens
    Metadata, registration or token took longer than ten seconds, or a refresh longer than thirty.
    Claude does not wait longer. It comes and goes: the first attempt after a quiet hour fails, the
    next one works. An answer that takes more than three seconds is a warning.

Why it breaks
    The limits are documented: 10 s for discovery, registration and token, 30 s for a refresh. Cold
    starts of serverless functions, databases that wake up, a slow upstream provider and e-mail or
    logging before the answer use them up. The code or the refresh token is spent then all the same,
    so a second attempt with it is refused. Claude Code waits 30 s for metadata, and asks once more.

Fix
    Keep one instance warm, and leave everything that the answer does not need for after it. Cloud
    Run, then Fly in the `[http_service]` of `fly.toml`; on Lambda it is provisioned concurrency:

        gcloud run services update YOUR-SERVICE --min-instances=1

        min_machines_running = 1

    Serve metadata from memory or as static files. Give calls to an upstream provider a limit of
    five seconds.

    Measure the first request after a pause, from outside:

        curl -s -o /dev/null -w '%{time_total}\\n' \\
          https://YOUR-HOST/.well-known/oauth-authorization-server
        curl -s -o /dev/null -w '%{time_total}\\n' -d grant_type=refresh_token \\
          -d refresh_token=x https://YOUR-TOKEN-ENDPOINT

    Both have to stay below three seconds.
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, FailureKind, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_grant
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.DEGRADES)},
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.DOCUMENTED,
    reports=3,
    slow=True,
    explains=(
        "resource-metadata.found",
        "resource-metadata.path-form",
        "server-metadata.found",
        "registration.accepted",
        "token.issued",
        "refresh.accepted",
        "refresh.again",
    ),
    sources=(
        Source("claude.com/docs/connectors/building/authentication", seen="2026-10-01"),
        Source("github.com/homeassistant-ai/ha-mcp/issues/2213", seen="2026-08-14"),
        Source("brendanlong.com/debugging-claude-ai-mcp-connectors.html", seen="2026-07-04"),
    ),
)

_LIMITS = {
    Step.RESOURCE_METADATA: 10,
    Step.SERVER_METADATA: 10,
    Step.REGISTRATION: 10,
    Step.TOKEN: 10,
    Step.REFRESH: 30,
}
"""Seconds that Claude waits."""
_WARN = 0.3
"""The part of the limit from which on an answer is called slow."""


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for one in trace.exchanges:
        limit = _LIMITS.get(one.step)
        if limit is None or one.exploration or one.voice is not Voice.BROKER:
            continue
        if _gave_up(one):
            found = one.failure.text if one.failure else ""
            yield evidence(one, "failure", found, f"an answer within {limit} seconds")
        elif one.timing.total > limit * 1000 * _WARN:
            seconds = f"{one.timing.total / 1000:.1f} s"
            yield evidence(one, "timing.total", seconds, f"well below {limit} seconds")


def _gave_up(exchange: Exchange) -> bool:
    return exchange.failure is not None and exchange.failure.kind is FailureKind.TIMEOUT


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    return replace(answer, delay=12.0) if is_grant(asked, "authorization_code") else answer
