"""The authorization server does not know Claude's redirect URI.

What happens
    The browser comes to the authorization endpoint and gets an error page about the redirect URI
    instead of a sign-in page. Nothing goes back to Claude: a server must not redirect to an address
    it does not trust (RFC 6749 section 4.1.2.1), so the user is left on that page.

Why it breaks
    The client is registered with other redirect URIs than the one Claude sends. The comparison is
    character by character (RFC 9700 section 4.1.3): a closing slash, `claude.com` in place of
    `claude.ai`, or an old address is enough. Mostly it is a client made by hand in the dashboard
    of an identity provider.

Fix
    Register this redirect URI for the client. The twin on `claude.com` was once announced for later
    and has not been seen in use; it may stand beside it:

        https://claude.ai/api/mcp/auth_callback

    Auth0: Allowed Callback URLs. Cognito: Allowed callback URLs. Keycloak: Valid redirect URIs.
    Entra ID: Authentication, as platform Web (its clients need a secret, so give it to Claude too),
    not single-page application. FastMCP's OAuth proxy: in `allowed_client_redirect_uris`, if you
    set that. Where allowed hosts are listed besides, `claude.ai` belongs there too. With a client
    metadata document (CIMD) read the redirect URIs from the document, and keep no list of your own.

    Claude Code needs `http://localhost:PORT/callback` in addition, with the port of its
    `--callback-port`. The Claude desktop app's Code tab was seen to send a `claude://` address in
    September 2026; servers are right to refuse that, and the sign-in works from the terminal.

    The answer must be a sign-in page, or a redirect to one:

        curl -siG https://YOUR-ISSUER/authorize \\
          -d response_type=code -d client_id=CLIENT-ID -d state=x \\
          -d code_challenge_method=S256 \\
          -d code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM \\
          --data-urlencode redirect_uri=https://claude.ai/api/mcp/auth_callback
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from harness.diagnosis.browsing import authorization_request, parameters, refusal
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from scenarios.bending import is_authorization
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.AUTHORIZE,
    party=Party.CONFIGURATION,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=3,
    explains=("authorize.answers", "login.reaches-callback"),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/431", seen="2026-06-11"),
        Source("github.com/cloudflare/workers-oauth-provider/issues/29", seen="2025-05"),
        Source("github.com/RevenueCat/ai-toolkit/issues/58", seen="2026-09-21"),
        Source("github.com/anthropics/claude-code/issues/93671", seen="2026-09-16"),
    ),
)

_URI = r"(?:redirect[_\s-]?ur[il]|redirection\s+ur[il]|callback\s+url|reply\s+(?:url|address))"
_WRONG = (
    r"(?:invalid|mismatch|missing|unknown|unregistered|must\s+(?:be|match)|is\s+incorrect|"
    r"not\s+(?:\w+\s+)?(?:registered|match|allowed|valid|associated|permitted|found|known))"
)
_REFUSED = re.compile(
    rf"redirect(?:_uri)?_mismatch|AADSTS50011|{_WRONG}.{{0,80}}{_URI}|{_URI}.{{0,200}}{_WRONG}",
    re.IGNORECASE | re.DOTALL,
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refused, asked = refusal(trace), authorization_request(trace)
    if refused is None or asked is None or refused.exchange.step is Step.CALLBACK:
        return
    found = _REFUSED.search(f"{refused.error} {refused.said}")
    redirect_uri = parameters(asked).get("redirect_uri", "")
    # A loopback address that is refused is another failure: it is about the port.
    if found is not None and redirect_uri.startswith("https://"):
        yield evidence(refused.exchange, "response.body", found.group(), "a sign-in page")
        yield evidence(asked, "request.query.redirect_uri", redirect_uri)


@pattern.request
def request(asked: Asked) -> Asked:
    """The client is registered with another address: the one Claude sends is foreign to it."""
    if not is_authorization(asked):
        return asked
    url, _, sent = asked.url.partition("?")
    bent = [
        (name, f"{value}/" if name == "redirect_uri" else value) for name, value in parse_qsl(sent)
    ]
    return replace(asked, url=f"{url}?{urlencode(bent)}")
