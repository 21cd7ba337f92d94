"""Tokens for a client without a person (RFC 6749 section 4.4, RFC 7523, RFC 8693)."""

from urllib.parse import urlencode

from harness.client.access import Access
from harness.client.authorization import Grant
from harness.client.choices import Identity, Machine, MachineGrant
from harness.client.discovery import Resource, Server
from harness.client.events import Flow
from harness.client.registration import Client
from harness.client.speaker import Speaker
from harness.client.token import machine_token
from harness.model.trace import Purpose, Step
from harness.model.wellknown import canonical_resource

_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:"


def access(
    speaker: Speaker, machine: Machine, *, server: Server, client: Client, resource: Resource
) -> Flow[Access | None]:
    """The access of a client that nobody signs in for; None after a stop.

    A refusal is final: no other grant is tried.
    """
    for step in (Step.AUTHORIZE, Step.LOGIN, Step.CALLBACK):
        yield speaker.skip(step, f"the grant {machine.grant} needs no person")
    named = resource.identifier or canonical_resource(speaker.choices.target)
    scope = speaker.choices.scope or resource.scope
    assertion = machine.assertion
    if machine.identity is not None:
        assertion = yield from _exchanged(speaker, machine.identity, server, named)
        if assertion is None:
            return None
    fields = [("grant_type", str(machine.grant))]
    if machine.grant is MachineGrant.JWT_BEARER:
        fields.append(("assertion", assertion or ""))
    if scope:
        fields.append(("scope", scope))
    tokens = yield from machine_token(
        speaker, server=server, client=client, fields=fields, resource=named
    )
    return Access(server, client, resource, Grant("", "", named, scope), tokens) if tokens else None


def _exchanged(
    speaker: Speaker, identity: Identity, server: Server, resource: str
) -> Flow[str | None]:
    """An assertion for the authorization server, in exchange for the user's ID token."""
    fields = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "requested_token_type": f"{_TOKEN_TYPE}id-jag",
        "audience": server.issuer,
        "resource": resource,
        "subject_token": identity.id_token,
        "subject_token_type": f"{_TOKEN_TYPE}id_token",
        "client_id": identity.client_id,
    }
    exchange = yield from speaker.post(
        Step.TOKEN,
        Purpose.OTHER,
        identity.token_endpoint,
        body=urlencode(fields).encode(),
        media_type="application/x-www-form-urlencoded",
        extra=speaker.profile.token_headers,
    )
    found = (exchange.json_object or {}).get("access_token")
    if isinstance(found, str) and found and exchange.status == 200:
        return found
    yield from speaker.stop(Step.TOKEN, f"no assertion: answer {exchange.status}")
    return None
