"""The authorization server sends Claude an error in place of a code.

What happens
    The browser comes back to Claude with `error=...` and no code. Up to the spring of 2026 users
    saw a bare `code: Field required` for it and not the error. What the server had to say stands in
    the address line of the browser, and in this report. Claude Code shows it: "OAuth error:
    access_denied", with the description.

Why it breaks
    The authorization server has refused the request and has told its client by redirect, as it
    should (RFC 6749 section 4.1.2.1). The reason is in `error` and `error_description`:
    `access_denied` is a person or a policy that said no, `invalid_request` a parameter it does not
    want, `unauthorized_client` a client without this grant, `invalid_target` the `resource`,
    `server_error` an exception: look into its log at that second.

Fix
    Mend at the authorization server what `error_description` names; this program quotes it. If
    there is none, let the server send one: it is often the only hint a user can pass on. On
    `access_denied`, press Approve, or check who may use the application at the identity provider:
    in Auth0 an Action, in Okta an access policy may say no.

    Many refusals come before the sign-in, so that the redirect shows them without a browser (put in
    the values of the failed request):

        curl -si -G https://YOUR-AUTHORIZATION-ENDPOINT \\
          -d response_type=code -d client_id=ID -d state=x \\
          --data-urlencode redirect_uri=https://claude.ai/api/mcp/auth_callback \\
          --data-urlencode resource=https://YOUR-HOST/mcp \\
          -d code_challenge=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU \\
          -d code_challenge_method=S256 | grep -i '^location'
"""

from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.browsing import authorization_request, refusal
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import is_authorization
from scenarios.effects import measured

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: measured(Impact.BREAKS)},
    claude_shows=Shows.CODE_REQUIRED,
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("callback.code", "callback.state"),
    sources=(
        Source("github.com/anthropics/claude-code/issues/37337", seen="2026-03-22"),
        Source("github.com/modelcontextprotocol/mcpb/issues/188", seen="2026-02-11"),
        Source("github.com/stainless-api/mcp-front/issues/11", seen="2025-06-22"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refused, asked = refusal(trace), authorization_request(trace)
    if refused is None or asked is None or refused.exchange.step is not Step.CALLBACK:
        return
    # A refused scope, and Entra's check of the resource, are failures of their own.
    if refused.error == "invalid_scope" or "AADSTS9010010" in refused.said:
        return
    text = f"error={refused.error}"
    said = f"{text}: {refused.said}" if refused.said else f"{text}, without a description"
    yield evidence(refused.exchange, "request.url", said, "a code")


@pattern.request
def request(asked: Asked) -> Asked:
    """An intermediary drops a parameter, and the server refuses what is left."""
    if not is_authorization(asked):
        return asked
    return replace(asked, url=asked.url.replace("response_type=code&", ""))
