"""The consent is answered with JSON, and nothing takes the browser to Claude.

What happens
    The user approves, and the server answers 200 with a JSON object that holds the address of
    Claude's callback. The browser stays on the page, or shows the JSON. Claude waits for a code
    that was issued and never arrives.

Why it breaks
    Claude's callback has to be opened by the browser itself, as a redirect does it (RFC 6749
    section 4.1.2). An answer in JSON is meant for a script, which then has to go there; better-auth
    answers `{"redirect": true, "url": "..."}` in that way. If the page has such a script the
    sign-in works in a browser. This program runs no scripts, so try it in one.

Fix
    In the page, go to the address that came back, with a navigation and not with `fetch`:

        const { url } = await response.json();
        window.location.assign(url);

    Or answer a plain form with 303 and the address in `Location`.
"""

import json
from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.browsing import authorization_request, parameters, way_back_as_json
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface

pattern = Pattern(
    step=Step.LOGIN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS},
    confidence=Confidence.REPORTED,
    explains=("login.redirects",),
    sources=(Source("github.com/syllogic-ai/syllogic/issues/70", seen="2026-04-19"),),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    found, request = way_back_as_json(trace), authorization_request(trace)
    if found is not None and request is not None:
        (answer, member), asked = found, parameters(request)
        yield status_evidence(answer, "303")
        address = f"{asked.get('redirect_uri')}?..."
        yield evidence(answer, f"response.body.{member}", address, "in a Location header")


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    location = answer.header("location") or ""
    if asked.method != "POST" or not location.startswith("https://claude.ai/"):
        return answer
    body = json.dumps({"redirect": True, "url": location}).encode()
    told = replace(answer, status=200, body=body).without_header("location")
    return told.with_header("Content-Type", "application/json")
