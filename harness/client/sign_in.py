"""From a challenge to tokens: metadata, a client, the user's consent, the code."""

from harness.client import machine, token
from harness.client.access import Access
from harness.client.authorization import authorize, scope_to_ask
from harness.client.discovery import (
    Resource,
    Server,
    discovered_early,
    resource_metadata,
    server_metadata,
)
from harness.client.events import Flow
from harness.client.probe import Opening
from harness.client.registration import Client, register
from harness.client.renewal import ends_early
from harness.client.speaker import Speaker
from harness.model.trace import Note, NoteKind, Step
from harness.profiles.policy import UnknownClient

type Scope = tuple[str | None, str]
"""What is asked for, and where that was learned."""


def sign_in(speaker: Speaker, opening: Opening) -> Flow[Access | None]:
    """Everything from the challenge on; None after a stop."""
    if speaker.profile.runtime_discovery_headers and opening.exchange.status == 401:
        yield from discovered_early(speaker, opening)
    resource = yield from resource_metadata(speaker, opening)
    server = yield from server_metadata(speaker, resource)
    if resource.refusal is not None:
        yield from speaker.stop(Step.RESOURCE_METADATA, resource.refusal)
    # Exploration only reads: it registers no client and signs nobody in.
    if server is None or speaker.exploring:
        return None
    offered = server.document.get("dpop_signing_alg_values_supported")
    speaker.bound = speaker.choices.prove is not None and bool(offered)
    scope = scope_to_ask(speaker, opening.challenge, resource, server)
    client = yield from register(speaker, server, scope[0])
    if client is None:
        return None
    if own := speaker.choices.machine:
        found = machine.access(speaker, own, server=server, client=client, resource=resource)
        return (yield from found)
    return (
        yield from obtain(speaker, server=server, client=client, resource=resource, scope=scope)
    )


def obtain(
    speaker: Speaker, *, server: Server, client: Client, resource: Resource, scope: Scope
) -> Flow[Access | None]:
    """The user's consent and the tokens for it; None after a stop."""
    grant = yield from authorize(
        speaker, server=server, client=client, resource=resource, scope=scope
    )
    if grant is None:
        return None
    exchange = yield from token.exchange_code(speaker, server=server, client=client, grant=grant)
    fault, tokens = token.fault(speaker, exchange), token.issued(exchange)
    if tokens is not None and fault is None:
        yield from ends_early(speaker, tokens)
        return Access(server, client, resource, grant, tokens)
    # Once, and never for the sake of a diagnosis.
    once = speaker.standing is None and not speaker.exploring
    anew = speaker.profile.unknown_client is UnknownClient.REGISTER_ANEW
    if once and anew and token.client_is_gone(client, exchange):
        return (
            yield from _anew(speaker, str(fault), server=server, resource=resource, scope=scope)
        )
    after = token.aftermath(speaker, client, exchange)
    yield from speaker.stop(Step.TOKEN, f"{fault}{after}")
    return None


def _anew(
    speaker: Speaker, stop: str, *, server: Server, resource: Resource, scope: Scope
) -> Flow[Access | None]:
    """Another registration and sign-in; when that fails too, the refusal before is the stop."""
    yield speaker.note(
        Step.TOKEN, f"{stop}; another client is registered and signs in", registers_anew=True
    )
    speaker.standing = Note(step=Step.TOKEN, kind=NoteKind.STOP, text=stop)
    access = None
    client = yield from register(speaker, server, scope[0])
    if client is not None:
        access = yield from obtain(
            speaker, server=server, client=client, resource=resource, scope=scope
        )
    speaker.standing = None
    return access
