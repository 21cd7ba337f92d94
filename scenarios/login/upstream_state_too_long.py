"""The server sends its identity provider a state that is too long.

What happens
    The authorization server hands the sign-in on to an identity provider, with everything it wants
    to remember packed into `state`. The provider refuses the long value, or cuts it off, and then
    the server does not recognise it when it comes back.

Why it breaks
    Providers keep `state` in columns and cookies of their own, often with about 255 characters; X
    refuses more than 500. No specification sets a length, so each does as it likes. A signed or
    encrypted copy of Claude's whole request (redirect URI, scopes, code challenge, Claude's own
    state) is soon longer.

Fix
    Send a short random handle, and keep the rest behind it, in a store that all instances share or
    in a cookie (`SameSite=Lax`; `HttpOnly`; `Secure`). In a Cloudflare Worker with a KV namespace:

        const handle = crypto.randomUUID();
        await env.OAUTH_KV.put(`state:${handle}`, JSON.stringify(asked), {
          expirationTtl: 600,
        });
        upstream.searchParams.set("state", handle);

    Count what leaves your server, with the authorization address of a failed attempt:

        curl -si 'https://YOUR-ISSUER/authorize?...' | grep -i ^location \\
          | grep -o '[?&]state=[^&]*' | wc -c

    A UUID makes 44. Much over 250 is a risk, whatever the provider says today.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.browsing import callback, sign_in
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, redirect_host, status_evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from harness.model.wellknown import UrlError, host, query
from scenarios.bending import is_authorization
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.LOGIN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("login.reaches-callback",),
    sources=(
        Source("github.com/InsForge/insforge-mcp/issues/89", seen="2026-07-31"),
        Source("github.com/BerriAI/litellm/issues/32146", seen="2026-07-04"),
        Source("github.com/yc-software/qm/issues/152", seen="2026-08-03"),
    ),
)

LONGEST = 255
_REDACTED = re.compile(r"<[a-z_]+:\d+(?: jwt)? (\d+)>")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    if callback(trace) is not None:
        return
    for hop in (hop for load in sign_in(trace) for hop in load.hops):
        leads_to = redirect_host(hop)
        if leads_to is None or hop.response is None or leads_to == _host(hop.request.url):
            continue
        length = _length(query(hop.response.header("location") or "").get("state", ""))
        if length > LONGEST:
            text = f"{leads_to} with a state of {length} characters"
            yield evidence(hop, "response.header.location", text, f"at most {LONGEST}")
            last = sign_in(trace)[-1].last
            yield status_evidence(last, "the identity provider's sign-in page")
            return


def _length(state: str) -> int:
    """The length of a state, also of one that a recording has only as a placeholder."""
    redacted = _REDACTED.fullmatch(state)
    return int(redacted.group(1)) if redacted else len(state)


def _host(url: str) -> str:
    try:
        return host(url)
    except UrlError:
        return ""


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """The identity provider lives on the MCP server's host here, under another path."""
    provider = "https://mcp.reference.test/provider/authorize"
    if is_authorization(asked) and answer.status == 200:
        packed = f"{provider}?response_type=code&client_id=reference&state={'s' * 480}"
        return replace(answer, status=302, body=b"").with_header("Location", packed)
    if asked.path == "/provider/authorize":
        refused = replace(answer, status=400, body=b"Parameter state exceeds 255 characters.\n")
        return refused.with_header("Content-Type", "text/plain")
    return answer
