"""The authorization server refuses a correct code verifier.

What happens
    The token endpoint answers `invalid_grant` and says that the code verifier does not match. What
    Claude sends is right: the verifier belongs to the challenge of this very sign-in.

Why it breaks
    The server computes the challenge in another way (base64 with padding, a hex digest, `plain`),
    or it compares with the challenge of another sign-in: kept in one cookie or one variable, it is
    overwritten by a second tab, a second attempt, or a client that starts twice. The rule is
    RFC 7636 section 4.6. Salesforce's hosted MCP servers refused the verifiers of claude.ai and
    Claude Code in several reports of 2026; why was not published.

Fix
    Keep the challenge with the authorization code it belongs to, and compute it without `=` at the
    end. Python, then Node:

        digest = hashlib.sha256(verifier.encode("ascii")).digest()
        expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

        const expected = crypto.createHash("sha256")
          .update(verifier).digest("base64url");

    A sign-in that is still pending belongs in a record under a random id of its own, which the
    consent form carries along; one cookie for all of them holds only the last.

    Compare your function with the example of RFC 7636 appendix B:

        printf %s dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk \\
          | openssl dgst -sha256 -binary | openssl base64 \\
          | tr '+/' '-_' | tr -d '='

    It prints `E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM`, and so must yours. If it does, begin
    two sign-ins in two tabs and finish the first.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import body_evidence, evidence
from harness.model.answer import Asked
from harness.model.trace import Purpose, Step, Trace
from harness.model.verdict import Confidence, Effect, Evidence, Impact, Party, Source, Surface

pattern = Pattern(
    step=Step.TOKEN,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.BREAKS,
            Confidence.OBSERVED,
            Source("github.com/anthropics/claude-code/issues/70835", seen="2026-06-25"),
        ),
    },
    confidence=Confidence.REPORTED,
    reports=5,
    explains=("token.issued",),
    sources=(
        Source("github.com/n8n-io/n8n/issues/34961", seen="2026-07-25"),
        Source("github.com/anthropics/claude-code/issues/70835", seen="2026-06-25"),
        Source("github.com/punkpeye/mcp-remote/issues/235", seen="2026-03-11"),
        Source("github.com/forcedotcom/mcp-hosted/issues/23", seen="2026-03-13"),
    ),
)

_ABOUT_PKCE = re.compile(r"verifier|code.?challenge|pkce", re.IGNORECASE)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    answer = trace.last(Step.TOKEN, Purpose.TOKEN)
    document = answer.json_object if answer else None
    if answer is None or document is None or document.get("error") != "invalid_grant":
        return
    if _ABOUT_PKCE.search(str(document.get("error_description") or "")):
        yield body_evidence(answer, "a token")
        asked = next(trace.at(Step.AUTHORIZE), None)
        sent = asked and re.search(r"code_challenge=[^&]*", asked.request.url)
        if asked and sent:
            yield evidence(asked, "request.url", sent.group())


@pattern.request
def request(asked: Asked) -> Asked:
    """Another sign-in has overwritten the challenge that the server keeps for this browser."""
    if not asked.path.endswith("/authorize"):
        return asked
    other = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    return replace(asked, url=re.sub(r"code_challenge=[^&]*", other, asked.url))
