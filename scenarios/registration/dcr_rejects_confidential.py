"""The registration takes public clients only, and Claude asks to be a confidential one.

What happens
    Claude registers with `token_endpoint_auth_method` `client_secret_post`, whatever methods the
    metadata lists. The authorization server knows only `none` and refuses the whole registration,
    with 400 or 401. The same request with `none` was accepted here: Claude does not try that
    itself. Claude Code asks for `none` from the start and gets in.

Why it breaks
    The server compares the method with a list and treats another one as an error. It need not: it
    may register the client with a method of its own choice, as long as the answer says which (RFC
    7591 section 3.2.1). Claude reads the method from the answer and keeps to it.

Fix
    Accept `client_secret_post`, and where you want public clients only, answer 201 with the method
    `none` and without a secret:

        {"client_id": "...", "token_endpoint_auth_method": "none",
         "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"]}

    Keep `none` in `token_endpoint_auth_methods_supported`, and require PKCE. better-auth answered
    401 to this registration, even with `allowUnauthenticatedClientRegistration`, until a change of
    April 2026: take a newer version of its OAuth provider. The handlers of the MCP SDKs for
    TypeScript and Python take both methods.

    Or take client metadata documents (CIMD): there Claude is a public client from the start, and
    never registers. This has to come back with 201 and a method the token endpoint then expects:

        curl -i https://YOUR-REGISTRATION-ENDPOINT \\
          -H 'Content-Type: application/json' \\
          -d '{"client_name":"Claude",
               "redirect_uris":["https://claude.ai/api/mcp/auth_callback"],
               "token_endpoint_auth_method":"client_secret_post"}'
"""

import json
from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import (
    Confidence,
    Effect,
    Evidence,
    Impact,
    Party,
    Shows,
    Source,
    Surface,
)
from scenarios.bending import refusal
from scenarios.registrations import Reason, refusal_of, refusal_quotes, registers, variant

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.NONE,
            Confidence.OBSERVED,
            Source("github.com/anthropics/claude-ai-mcp/issues/1043", seen="2026-09-15"),
        ),
    },
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.DOCUMENTED,
    reports=3,
    explains=("registration.accepted",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/82", seen="2026-03-30"),
        Source("github.com/anthropics/claude-ai-mcp/issues/1043", seen="2026-09-15"),
        Source("github.com/anthropics/claude-ai-mcp/issues/5", seen="2026-02"),
        Source("github.com/better-auth/better-auth/pull/9123", seen="2026-04-11"),
    ),
)

METHOD = "token_endpoint_auth_method"


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refused = refusal_of(trace, Reason.CONFIDENTIAL)
    public = variant(trace, Purpose.REGISTER_PUBLIC)
    if refused is None or public is None:
        return
    yield from refusal_quotes(refused)
    asked = (refused.request.json_object or {}).get(METHOD, "(absent)")
    yield evidence(refused, f"request.body.{METHOD}", asked)
    yield evidence(public, f"request.body.{METHOD}", "none")
    yield evidence(public, "response.status", public.status)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if (metadata := registers(asked, answer)) is not None:
        return metadata
    if not asked.path.endswith("/register") or _method(asked) == "none":
        return answer
    return refusal(answer, 400, "invalid_client_metadata", "only public clients can register")


def _method(asked: Asked) -> object:
    try:
        return json.loads(asked.body)[METHOD]
    except (ValueError, KeyError, TypeError):
        return None
