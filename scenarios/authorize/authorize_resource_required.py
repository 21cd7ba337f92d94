"""The authorization server insists on the resource parameter.

What happens
    With `resource` the authorization endpoint opens a sign-in page; without it, it refuses with
    400, or sends the browser to the root of the MCP server without a code. Claude sends the
    parameter where it has found the resource metadata, so mostly nothing breaks. Claude Code leaves
    it out where it found none, and is refused then; in one report of June 2026 claude.ai left it
    out, too.

Why it breaks
    The server serves several APIs and issues no token without knowing for which (RFC 8707 section
    2 allows that). AWS Sign-in and Cloudflare Access were seen to do it. Older clients, and those
    that could not read the resource metadata, do not send it.

Fix
    Make sure the resource metadata is found, so that every client sends the parameter: the 401
    names it in `resource_metadata`, and it answers 200 with a `resource` that is the URL users
    enter. With Cloudflare Access (Managed OAuth) or AWS Sign-in as the authorization server that is
    all there is to do. An authorization server of your own, with a single API behind it, can take
    that one when `resource` is missing:

        const resource = query.resource ?? "https://YOUR-HOST/mcp";

    Both of these have to show it:

        curl -si -X POST https://YOUR-HOST/mcp | grep -i '^www-authenticate'
        curl -s https://YOUR-HOST/.well-known/oauth-protected-resource/mcp \\
          | jq -r .resource
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.browsing import (
    answered_refusal,
    authorization_request,
    parameters,
    refusal,
)
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from harness.model.wellknown import query
from scenarios.bending import is_authorization
from scenarios.effects import measured

pattern = Pattern(
    step=Step.AUTHORIZE,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: measured(Impact.ADVISORY)},
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("authorize.answers", "login.reaches-callback", "callback.code"),
    deep=True,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/478", seen="2026-06-21"),
        Source("github.com/CommandCodeAI/command-code/issues/692", seen="2026-08-17"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    asked = authorization_request(trace)
    if asked is None:
        return
    if "resource" not in parameters(asked):
        refused = refusal(trace)
        if refused is not None and "resource" in f"{refused.error} {refused.said}":
            yield evidence(refused.exchange, "response", f"{refused.error} {refused.said}".strip())
            yield evidence(asked, "request.query.resource", "(absent)", trace.target)
        return
    without = trace.last(Step.AUTHORIZE, Purpose.NO_RESOURCE)
    if without is not None and _refused(without) and not _refused(asked):
        refused = answered_refusal(without)
        yield status_evidence(without, f"{asked.status}, as with the parameter")
        if refused is not None and (refused.error or refused.said):
            yield evidence(without, "response", f"{refused.error} {refused.said}".strip())


def _refused(exchange: Exchange) -> bool:
    """True for a refusal of what was asked, not for a busy or a broken server."""
    status = exchange.status or 0
    return status < 500 and status != 429 and answered_refusal(exchange) is not None


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not is_authorization(asked) or "resource" in query(asked.url):
        return answer
    refused = replace(answer, status=400, body=b"The parameter resource is missing.\n")
    return refused.with_header("Content-Type", "text/plain")
