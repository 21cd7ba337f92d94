"""The sign-in page counts on a window that opened it.

What happens
    A page of the sign-in hands its result to the window that opened it (`window.opener`), and its
    own header `Cross-Origin-Opener-Policy: same-origin` cuts that tie. A client that opens the page
    in a popup sees a blank window. Claude opens the sign-in as a page of its own, so there never is
    an opener, and what Claude needs is the redirect alone. No report of this failure with Claude is
    known; it follows from the specifications.

Why it breaks
    With that policy the page gets a browsing context group of its own, and `window.opener` is
    `null` (HTML standard, cross-origin opener policies). Headers against framing
    (`X-Frame-Options`, `frame-ancestors`) are no fault here: RFC 6749 section 10.13 asks for them.

Fix
    End the sign-in with a redirect to the redirect URI, and let nothing depend on the opener. If
    other clients use the popup, keep the message for them beside the redirect, and loosen the
    policy on the pages that need it. Helmet for Express sends `same-origin` unless told otherwise:

        app.use("/oauth", helmet({
          crossOriginOpenerPolicy: { policy: "unsafe-none" },
        }));

    To see which policy a page has:

        curl -si 'https://YOUR-ISSUER/authorize?...' | grep -i opener-policy

    `same-origin` is right wherever the page ends with a redirect.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.browsing import sign_in
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, is_html
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.LOGIN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.ADVISORY, Surface.CLAUDE_CODE: inferred(Impact.ADVISORY)},
    confidence=Confidence.SPECIFICATION,
    reports=0,
    sources=(
        Source("html.spec.whatwg.org/multipage/browsers.html", seen="2026-09"),
        Source("RFC 6749 section 10.13", seen="2012-10"),
    ),
)

_OPENER = re.compile(rb"window\.opener\??\.(?:postMessage|location)\b")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    for answer in (load.last for load in sign_in(trace)):
        response = answer.response
        if response is None or not is_html(response) or answer.step is Step.CALLBACK:
            continue
        policy = (response.header("cross-origin-opener-policy") or "").partition(";")[0].strip()
        used = _OPENER.search(response.body)
        if used is not None and policy == "same-origin":
            yield evidence(answer, "response.header.cross-origin-opener-policy", policy)
            yield evidence(answer, "response.body", used.group().decode(), "a redirect")
            return


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if not asked.path.endswith("/oauth/consent") or answer.status != 200:
        return answer
    script = b'<script>window.opener?.postMessage("shown", "*")</script></body>'
    page = replace(answer, body=answer.body.replace(b"</body>", script))
    return page.with_header("Cross-Origin-Opener-Policy", "same-origin")
