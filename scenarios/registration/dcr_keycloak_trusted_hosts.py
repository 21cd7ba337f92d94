"""Keycloak's Trusted Hosts policy refuses the registration.

What happens
    Keycloak answers the registration 403 and names its policy `Trusted Hosts`. Claude gets no
    client id and stops.

Why it breaks
    For anonymous registration Keycloak has a policy with a list of hosts, empty in a new realm. It
    checks two things: that the registration comes from a listed host, and that the redirect URIs
    lead to one. Claude registers from several addresses of a network, whose names no list holds;
    Claude Code from wherever its user is.

Fix
    In the realm: Clients, Client registration, Anonymous access policies, Trusted Hosts.

    Switch off "Host Sending Client Registration Request Must Match". Leave "Client URIs Must Match"
    on, and add these trusted hosts:

        claude.ai
        claude.com
        localhost
        127.0.0.1

    The last two are for Claude Code. Claude registers anew with every fresh connection, so raise
    the policy `Max Clients Limit` beside it as well, 200 unless changed. Then try it from outside,
    YOUR-ISSUER being the realm's (with `/realms/...`); it has to come back with 201:

        curl -i https://YOUR-ISSUER/clients-registrations/openid-connect \\
          -H 'Content-Type: application/json' \\
          -d '{"client_name":"Claude",
               "redirect_uris":["https://claude.ai/api/mcp/auth_callback"]}'

    If you do not want open registration, create a client by hand and enter its id in Claude.
"""

from collections.abc import Iterator

from harness.diagnosis.pattern import Pattern
from harness.model.answer import Answer, Asked
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.bending import refusal
from scenarios.effects import inferred
from scenarios.registrations import Reason, refusal_of, refusal_quotes, registers

pattern = Pattern(
    step=Step.REGISTRATION,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REGISTER,
    confidence=Confidence.REPORTED,
    reports=2,
    explains=("registration.accepted",),
    sources=(
        # The first report is not dated where it was read; the date is that of the collection.
        Source("github.com/opensearch-project/opensearch-mcp-server-py/pull/227", seen="2026-11"),
        Source("github.com/dnotitia/akb/issues/635", seen="2026-09-21"),
        Source("github.com/owncloud/client/issues/11940", seen="2024-12-10"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    refused = refusal_of(trace, Reason.TRUSTED_HOSTS)
    if refused is not None:
        yield from refusal_quotes(refused)


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    if (metadata := registers(asked, answer)) is not None:
        return metadata
    if not asked.path.endswith("/register"):
        return answer
    said = (
        "Policy 'Trusted Hosts' rejected request to client-registration service. "
        "Details: Host not trusted."
    )
    return refusal(answer, 403, "insufficient_scope", said)
