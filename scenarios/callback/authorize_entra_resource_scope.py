"""Microsoft Entra refuses the resource parameter beside the scopes.

What happens
    Claude sends `resource` with the MCP URL, and scopes with short names. Entra sends the browser
    back with `AADSTS9010010`, shows it on a page, or answers the token request with it: resource
    and scopes do not belong together. Claude reports a failed authorization; the address may hold
    `entra_aadsts_code=9010010`.

Why it breaks
    Entra reads a scope as the name of an API followed by a permission, and since about March 2026
    it checks that the API is the one `resource` names. A short scope belongs to another API. Claude
    and Claude Code always send `resource` (RFC 8707), and neither can be told to leave it out.

Fix
    Make both speak of one API. In the app registration, set the Application ID URI to the MCP URL,
    path included and without a closing slash (Expose an API; the domain has to be a verified one of
    the tenant). Do have a path: for a bare origin Claude sends `https://YOUR-HOST/`, with a slash.
    And publish the full scopes:

        "scopes_supported": ["https://mcp.example.com/mcp/access_as_user"]

    Put the same into `scope` of the 401 challenge. On Azure App Service the list is the setting
    `WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES`. For scopes under another ID URI,
    `api://CLIENT-ID/access_as_user`, the reports disagree: one operator connected with them,
    another's were refused beside an https `resource`.

    Where the domain is not yours, put an authorization server of your own in front of Entra that
    takes `resource` off the request: FastMCP's `AzureProvider` does, its `OAuthProxy` with
    `forward_resource=False`. For the servers that Microsoft runs itself the reports are still open.

    Entra checks this before the sign-in. It is right when this prints nothing:

        curl -si -G \\
          https://login.microsoftonline.com/TENANT/oauth2/v2.0/authorize \\
          -d response_type=code -d client_id=ID -d state=x \\
          --data-urlencode redirect_uri=https://claude.ai/api/mcp/auth_callback \\
          --data-urlencode resource=https://YOUR-HOST/mcp \\
          --data-urlencode scope=https://YOUR-HOST/mcp/access_as_user \\
          | grep -o AADSTS9010010
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

from harness.diagnosis.browsing import authorization_request, parameters, sign_in
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import (
    Confidence,
    Effect,
    Evidence,
    Impact,
    Party,
    Shows,
    Source,
    Surface,
)
from harness.model.wellknown import query
from scenarios.bending import is_authorization

pattern = Pattern(
    step=Step.CALLBACK,
    party=Party.AUTHORIZATION_SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(
            Impact.BREAKS,
            Confidence.OBSERVED,
            Source("github.com/anthropics/claude-code/issues/89438", seen="2026-08-25"),
        ),
    },
    claude_shows=Shows.AUTHORIZATION_FAILED,
    confidence=Confidence.DOCUMENTED,
    reports=11,
    explains=("authorize.answers", "login.reaches-callback", "callback.code"),
    sources=(
        Source("claude.com/docs/connectors/building/authentication", seen="2026-09"),
        Source("github.com/anthropics/claude-ai-mcp/issues/517", seen="2026-07-08"),
        Source("github.com/anthropics/claude-ai-mcp/issues/514", seen="2026-08-21"),
        Source("github.com/anthropics/claude-ai-mcp/issues/977", seen="2026-09-02"),
        Source("github.com/anthropics/claude-code/issues/89438", seen="2026-08-25"),
        Source("github.com/microsoft/azure-devops-mcp/issues/1511", seen="2026-08-12"),
    ),
)

_CODE = re.compile(r"AADSTS9010010\b[^\r\n<\"\\]{0,160}")


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    found, asked = sign_in(trace), authorization_request(trace)
    if not found or asked is None:
        return
    last = found[-1].last
    if last.step is Step.CALLBACK:
        place, told = "request.url", parameters(last).get("error_description", "")
    else:
        place, told = "response.body", last.response.text if last.response is not None else ""
    code = _CODE.search(told)
    if code is not None:
        yield evidence(last, place, code.group(), "a code")
        values = parameters(asked)
        yield evidence(asked, "request.query.resource", values.get("resource", "(absent)"))
        yield evidence(asked, "request.query.scope", values.get("scope", "(absent)"))


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """Entra's check: every scope has to begin with the resource."""
    values = query(asked.url)
    resource, scopes = values.get("resource"), values.get("scope", "").split()
    if not is_authorization(asked) or not resource:
        return answer
    if all(one.startswith(resource) or one == "offline_access" for one in scopes):
        return answer
    said = (
        "AADSTS9010010: The resource parameter provided in the request "
        "doesn't match with the requested scopes."
    )
    back = {"error": "invalid_target", "error_description": said, "state": values["state"]}
    refused = replace(answer, status=302, body=b"")
    return refused.with_header("Location", f"{values['redirect_uri']}?{urlencode(back)}")
