"""The consent is answered with JSON, and nothing takes the browser to Claude.

What happens
    The user approves, and the server answers 200 with a JSON object that holds the address of
    Claude's callback. The browser stays on the page, or shows the JSON. Claude waits for a code
    that was issued and never arrives.

Why it breaks
    Claude's callback has to be opened by the browser itself, as a redirect does it (RFC 6749
    section 4.1.2). An answer in JSON is meant for a script, which then has to go there. With
    better-auth it often reads the wrong member: `@better-auth/oauth-provider` answers
    `{"redirect": true, "url": "..."}`, and pages look for `redirect_uri`. If the page has a script
    that works, the sign-in works in a browser. This program runs no scripts, so try it in one.

Fix
    Take the browser to the address that came back by a navigation, not with `fetch`:

        const { url } = await response.json();
        window.location.assign(url);

    Or answer a plain form with a redirect. Express:

        response.redirect(303, callback);

    Send the form as a browser does, with the cookies of your own session:

        curl -si -b 'COOKIES' -d 'FIELDS-OF-THE-FORM' \\
          https://YOUR-ISSUER/consent | grep -i -e ^http -e ^location

    303 and Claude's callback in `Location` are right for a plain form. With a script, the browser's
    network view has to show `auth_callback` as a document.
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
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.LOGIN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=1,
    explains=("login.redirects",),
    sources=(
        Source("github.com/syllogic-ai/syllogic/issues/70", seen="2026-04-19"),
        Source("github.com/formbricks/formbricks/issues/8576", seen="2026-07-17"),
    ),
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
