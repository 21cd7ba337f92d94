"""The registration refuses a grant type besides authorization_code.

What happens
    Claude registers with `authorization_code`, `refresh_token` and, since about June 2026, the
    jwt-bearer grant; Claude Code with the first two. The authorization server refuses that. The
    same registration with `authorization_code` alone was accepted here; Claude does not try that
    itself. Claude Code reports "Dynamic Client Registration rejected" with the server's answer.

Why it breaks
    The server compares `grant_types` with a fixed list and refuses the whole registration for one
    entry. If the answer does not say which, it can be either of the other two. No report about
    `refresh_token` is known; RFC 7591 section 2 lists it among the grants a client may ask for, and
    a server may leave out what it does not have (section 3.2.1).

Fix
    Register the grants you support, leave the others out, and return the list as registered:

        supported = {"authorization_code", "refresh_token"}
        registered = [one for one in asked["grant_types"] if one in supported]

    Do support `refresh_token`: without it users sign in again whenever the access token runs out.
    This has to come back with 201:

        curl -i https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'Content-Type: application/json' \\
          -d '{"redirect_uris":["https://claude.ai/api/mcp/auth_callback"],
               "grant_types":["authorization_code", "refresh_token"]}'

    If it does, and Claude is still refused, it is the third grant (dcr-rejects-jwt-bearer-grant).
"""

import json
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import refusal
from scenarios.effects import measured
from scenarios.registrations import Reason, refusal_of, refusal_quotes, registers, variant

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    confidence=Confidence.SPECIFICATION,
    reports=0,
    explains=("registration.accepted",),
    sources=(
        Source("RFC 7591 section 3.2.1", seen="2015-07"),
        Source("github.com/anthropics/claude-ai-mcp/issues/487", seen="2026-06-25"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refused = refusal_of(trace, Reason.GRANT)
    code_only = variant(trace, Purpose.REGISTER_CODE_ONLY)
    if refused is None or code_only is None:
        return
    yield from refusal_quotes(refused)
    asked = (refused.request.json_object or {}).get("grant_types")
    listed = ", ".join(map(str, asked)) if isinstance(asked, list) else asked
    yield evidence(refused, "request.body.grant_types", listed)
    yield evidence(code_only, "request.body.grant_types", "authorization_code")
    yield evidence(code_only, "response.status", code_only.status)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if (metadata := registers(asked, answer)) is not None:
        return metadata
    if not asked.path.endswith("/register") or not _wants_refresh(asked):
        return answer
    return refusal(answer, 400, "invalid_client_metadata", "grant_types: refresh_token unsupported")


def _wants_refresh(asked: Asked) -> bool:
    try:
        return "refresh_token" in json.loads(asked.body)["grant_types"]
    except (ValueError, KeyError, TypeError):
        return False
