"""The MCP server answers its own fresh token with 403.

What happens
    Without a token the server asks for a sign-in, as it should; with the token of that sign-in it
    answers 403. Claude tries the same call three times within some ten seconds, then says that the
    integration rejected the credentials (earlier: that authorization failed), and reverts the
    connection.

Why it breaks
    The token was read, and the one who signed in is not let in: the address is not on an allow list
    of users or domains, the account lacks a role or a licence, the browser was signed in at the
    identity provider with another account than the user thought. Or a rule of a firewall looks at
    requests with a token only. Only for `insufficient_scope` would Claude ask the user again.

Fix
    Let everybody in who gets a token, and give no token to the others. Refuse them on the consent
    page, before a code is issued: there the user can read why. With Entra ID, set "Assignment
    required" on the enterprise application, and Entra refuses the others on its own page.

    To find the rule, look for the refusal in the server's log and at which account the token is
    for. Sign in again in a private browser window, where no other session is open.

    If a wider scope would help, answer 403 with `error="insufficient_scope"` and `scope` (RFC 6750
    section 3.1). If the token is wrong, answer 401.

    An empty call with the token shows whether it is let in. 400, 406 or 415 is a yes, since the
    token is looked at first; 403 is still a no:

        curl -s -o /dev/null -w '%{http_code}\\n' -X POST \\
          -H 'Authorization: Bearer TOKEN' https://YOUR-HOST/mcp
"""

from collections.abc import Iterator

from harness.diagnosis.bearer import refused_call
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence, is_html, opening, refusal_evidence
from harness.model.answer import Answer, Asked
from harness.model.challenge import bearer
from harness.model.trace import Exchange, Step, Trace, Voice
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.calls import as_json, brings_token
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.CONNECT,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.CREDENTIALS_REJECTED,
    confidence=Confidence.DOCUMENTED,
    reports=2,
    explains=("connect.accepted",),
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/393", seen="2026-06-07"),
        Source("github.com/anthropics/claude-ai-mcp/issues/620", seen="2026-07-15"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    called, without = refused_call(trace, 403), opening(trace, Voice.RUNTIME)
    if called is None or without is None or without.status != 401:
        return
    if _by_the_application(called):
        yield evidence(without, "response.status", 401)
        yield from refusal_evidence(called)


def _by_the_application(called: Exchange) -> bool:
    """False for an edge's page, and where another scope would help."""
    response = called.response
    if response is None or is_html(response):
        return False
    challenge = bearer(response.header_lines("www-authenticate"))
    if challenge is None:
        return response.json_object is not None
    return challenge.params.get("error") != "insufficient_scope"


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """An allow list of e-mail addresses, looked at after the sign-in."""
    if not brings_token(asked):
        return answer
    document = {"error": "access_denied", "error_description": "ada is not on the list of users"}
    return as_json(answer, document, status=403).with_header(
        "WWW-Authenticate", 'Bearer error="access_denied"'
    )
