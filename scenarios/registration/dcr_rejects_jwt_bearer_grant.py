"""The registration refuses a grant type that Claude lists.

What happens
    Since about June 2026 Claude's registration lists a third grant type,
    `urn:ietf:params:oauth:grant-type:jwt-bearer`. The authorization server does not know it and
    answers 400. Reports about better-auth say that the connection ends there. Servers built on the
    official Python SDK refuse it too, on purpose, and nobody reports that they stopped working; so
    this run registered again without it, and went on. Claude Code does not list the grant.

Why it breaks
    The server compares `grant_types` with a fixed list and refuses the whole registration for one
    unknown entry. It need not: it may register the client with fewer grants than asked for, and say
    in its answer which (RFC 7591 section 3.2.1).

Fix
    Register the grants you support, leave the others out, and return the list as it is registered:

        supported = {"authorization_code", "refresh_token"}
        registered = [one for one in asked["grant_types"] if one in supported]

    Refuse only when nothing usable is left. Where a library does the registration, look whether a
    newer version leaves unknown grants out, or let it take client metadata documents (CIMD), where
    Claude's document lists the same grant: better-auth and Cloudflare's `workers-oauth-provider`
    (with `clientIdMetadataDocumentEnabled` and the compatibility flag
    `global_fetch_strictly_public`) narrow the list there, and as of September 2026 both still
    refused it at the registration.

    This has to come back with 201, the third grant left out of `grant_types`:

        curl -i https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'Content-Type: application/json' \\
          -d '{"redirect_uris":["https://claude.ai/api/mcp/auth_callback"],
               "grant_types":["authorization_code", "refresh_token",
                 "urn:ietf:params:oauth:grant-type:jwt-bearer"]}'
"""

import json
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_server_metadata, refusal, without
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.DEGRADES, Surface.CLAUDE_CODE: inferred(Impact.NONE)},
    confidence=Confidence.CONTESTED,
    reports=5,
    explains=("registration.grants",),
    sources=(
        Source("github.com/better-auth/better-auth/issues/11081", seen="2026-08-31"),
        Source("github.com/better-auth/better-auth/pull/11175", seen="2026-09-04"),
        Source("github.com/anthropics/claude-ai-mcp/issues/487", seen="2026-06-25"),
        Source("github.com/modelcontextprotocol/python-sdk/pull/2988", seen="2026-06-26"),
        Source("github.com/cloudflare/workers-oauth-provider/pull/285", seen="2026-08-05"),
    ),
)

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    # Only an answer that became good without the grant proves that the grant was the reason.
    if trace.decision(Step.REGISTRATION, "without_refused_grant") is not True:
        return
    first = next(trace.at(Step.REGISTRATION, Purpose.REGISTER), None)
    asked = (first.request.json_object or {}).get("grant_types") if first else None
    if first is not None and isinstance(asked, list) and GRANT in asked:
        yield body_evidence(first, "201, the grant left out of the answer")
        yield evidence(first, "request.body.grant_types", ", ".join(map(str, asked)))


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if is_server_metadata(asked):
        # Without CIMD, Claude registers.
        return without(answer, "client_id_metadata_document_supported")
    if not asked.path.endswith("/register") or GRANT not in _grants(asked):
        return answer
    return refusal(answer, 400, "invalid_client_metadata", f"unsupported grant_type {GRANT}")


def _grants(asked: Asked) -> list[object]:
    try:
        found = json.loads(asked.body)["grant_types"]
    except (ValueError, KeyError, TypeError):
        return []
    return found if isinstance(found, list) else []
