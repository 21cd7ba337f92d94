"""The token comes as a form and not as JSON.

What happens
    The token endpoint answers 200, and the body reads `access_token=...&token_type=bearer`. Claude
    looks for a JSON object, finds none, and has no token.

Why it breaks
    The answer is a JSON object (RFC 6749 section 5.1). GitHub and a few others that began before
    the standard send a form, unless the request says `Accept: application/json`. Claude sends
    `Accept: */*` there, so that it gets the form; Claude Code asks for JSON, and cannot read a form
    either.

Fix
    Answer with JSON always, whatever `Accept` says:

        HTTP/1.1 200 OK
        Content-Type: application/json
        Cache-Control: no-store

        {"access_token": "...", "token_type": "Bearer", "expires_in": 3600}

    If the token endpoint is GitHub's, it cannot serve Claude as it is: let your own server be the
    authorization server, which asks GitHub with `Accept: application/json` and issues tokens of its
    own. FastMCP's `GitHubProvider` does that, and so does a Worker with Cloudflare's
    `workers-oauth-provider`.

    A refusal has the form of the other answers, so no code is needed to see it:

        curl -si -d grant_type=authorization_code -d code=x -d client_id=x \\
          https://YOUR-TOKEN-ENDPOINT | grep -i ^content-type

    It has to print `application/json`, without an `Accept` in the request.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.diagnosis.token_endpoint import code_answer
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import measured

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("token.issued",),
    sources=(
        Source("github.com/preset-io/agor/issues/2192", seen="2026-08-06"),
        Source("github.com/modelcontextprotocol/python-sdk/issues/1511", seen="2025-10"),
    ),
)

_FORM = re.compile(r"(?:\A|&)access_token=")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = code_answer(trace)
    response = answer.response if answer else None
    if answer is None or response is None or response.status != 200:
        return
    if response.json_object is None and _FORM.search(response.text.strip()):
        yield body_evidence(answer, "a JSON object")
        yield evidence(answer, "response.header.content-type", response.media_type or "(absent)")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.path.endswith("/oauth/token") or answer.status != 200:
        return answer
    form = urlencode(json.loads(answer.body)).encode()
    return replace(answer, body=form).with_header(
        "Content-Type", "application/x-www-form-urlencoded"
    )
