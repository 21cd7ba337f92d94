"""The token endpoint does not take the method that the registration promised.

What happens
    Claude registers, is told how to prove who it is at the token endpoint, does so, and is answered
    `invalid_client` or that the `client_id` is missing. The token endpoint does not know that way:
    mostly it has no HTTP Basic, or it insists on a secret from a client that was given none. In one
    report the user read "Couldn't reach the MCP server".

Why it breaks
    The registration's answer is binding for both sides (RFC 7591 section 3.2.1), and where it names
    no method, `client_secret_basic` is meant (RFC 7591 section 2). Claude takes the method from the
    answer. Claude Code, when it was given a secret, goes by the metadata's list instead, and uses
    Basic where there is none. A registration that fills in a default which the token route has no
    code for locks clients out.

Fix
    Let the token endpoint take all three: `none` with PKCE, `client_secret_post` and
    `client_secret_basic`. In the one report about claude.ai, adding Basic cured it. At least let
    the registration answer with a method that works, and list exactly those in the metadata:

        "token_endpoint_auth_methods_supported":
          ["none", "client_secret_post", "client_secret_basic"]

    With Basic the client need not put `client_id` into the form: take it from the header (RFC 6749
    section 2.3.1). The token route of the MCP TypeScript SDK (1.32) looks at the form alone, so
    never register `client_secret_basic` with it; the one of the Python SDK (2.3) wants `client_id`
    in the form with Basic too.

    Try the method that your registration answered, here Basic:

        curl -i -u ID:SECRET -d grant_type=authorization_code -d code=x \\
          https://YOUR-TOKEN-ENDPOINT

    It has to complain about the code (`invalid_grant`), not about the client.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.diagnosis.token_endpoint import (
    authentication,
    code_answer,
    published,
    refused,
    registered,
    said,
)
from harness.model.answer import Answer, Asked
from harness.model.trace import Json, Purpose, Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface
from scenarios.bending import edited, is_server_metadata

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.BREAKS,
            Confidence.REPORTED,
            Source("github.com/kernel/kernel-mcp-server/issues/96", seen="2026-04-14"),
        ),
    },
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("token.issued",),
    sources=(Source("github.com/anthropics/claude-ai-mcp/issues/200", seen="2026-04-21"),),
)

LIST = "token_endpoint_auth_methods_supported"
METHOD = "token_endpoint_auth_method"
_ABOUT_METHOD = re.compile(r"auth\w*[ _]method|client_?id\W+(?:\w+\W+){0,3}(?:missing|required)")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer, client = code_answer(trace), trace.last(Step.REGISTRATION, Purpose.REGISTER)
    if answer is None or client is None or "client_id" not in registered(trace):
        return
    method, methods = authentication(answer), published(trace, LIST)
    unlisted = refused(answer, "invalid_client") and _unlisted(method, methods)
    in_words = _ABOUT_METHOD.search(said(answer))
    if unlisted or (in_words and refused(answer, "invalid_client", "invalid_request")):
        yield body_evidence(answer, "a token")
        answered = registered(trace).get(METHOD, "(absent)")
        yield evidence(client, f"response.body.{METHOD}", answered, "a method that works")


def _unlisted(method: str, methods: Json) -> bool:
    """True when the server does not list the method; a secret in the form is another failure."""
    return (
        isinstance(methods, list)
        and method not in methods
        and not (method == "client_secret_post" and "client_secret_basic" in methods)
    )


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The registration answers with a default that the token endpoint has no code for."""

    def without_basic(found: dict[str, Any]) -> dict[str, Any]:
        kept = {name: found[name] for name in found if name != CIMD}
        return {**kept, LIST: ["none", "client_secret_post"]}

    if is_server_metadata(asked):
        return edited(answer, without_basic)
    if asked.path.endswith("/oauth/register"):
        return edited(answer, lambda found: {**found, METHOD: "client_secret_basic"})
    return answer


CIMD = "client_id_metadata_document_supported"


@pattern.request
def request(asked: Asked) -> Asked:
    """The token endpoint does not look at the header: to it the client does not say who it is."""
    if not asked.path.endswith("/oauth/token"):
        return asked
    kept = tuple(pair for pair in asked.headers if pair[0].lower() != "authorization")
    return replace(asked, headers=kept)
