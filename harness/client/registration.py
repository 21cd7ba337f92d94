"""Gets a client id: a given client, a metadata document (CIMD), or dynamic registration."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from harness.client.choices import Registration
from harness.client.discovery import Server
from harness.client.events import Flow
from harness.client.lifetimes import secret_ends, secret_lifetime
from harness.client.speaker import Speaker, compact
from harness.model.trace import Exchange, Json, Purpose, Step
from harness.profiles.policy import (
    CimdCondition,
    ClientAuth,
    RefusedGrant,
    RegistrationAnswer,
    S256Check,
)

_CORE_GRANTS = ("authorization_code", "refresh_token")


@dataclass(frozen=True)
class Client:
    """Who we are to the authorization server, and how we prove it at the token endpoint."""

    client_id: str
    client_secret: str | None = None
    auth_method: str = "none"
    dynamic: bool = False
    """True where it registered itself, and can do so again."""


def register(speaker: Speaker, server: Server, scope: str | None) -> Flow[Client | None]:
    """The client to use, or None after a stop; `scope` is what will be asked for."""
    client = yield from _client(speaker, server, scope)
    listed = server.document.get("code_challenge_methods_supported")
    if client is None or speaker.profile.s256_check is S256Check.IGNORE:
        return client
    if isinstance(listed, list) and "S256" not in listed:
        yield from speaker.stop(Step.REGISTRATION, "S256 is not among the code challenge methods")
        return None
    return client


def _client(speaker: Speaker, server: Server, scope: str | None) -> Flow[Client | None]:
    choices = speaker.choices
    if choices.client_id is not None:
        method = _given_method(speaker, server)
        yield speaker.note(
            Step.REGISTRATION, f"the given client is used, {method}", way="given", method=method
        )
        return Client(choices.client_id, choices.client_secret, method)
    if choices.registration is Registration.CIMD or (
        choices.registration is Registration.AUTO and _cimd_offered(speaker, server)
    ):
        client_id = choices.document or speaker.profile.cimd_client_id
        yield speaker.note(
            Step.REGISTRATION, "the client id is a metadata document", way="cimd", id=client_id
        )
        return Client(client_id)
    endpoint = server.endpoint("registration_endpoint")
    if endpoint is None:
        yield from speaker.stop(
            Step.REGISTRATION, "neither CIMD nor a registration endpoint is offered"
        )
        return None
    return (yield from _dynamic(speaker, server, endpoint, scope))


def _given_method(speaker: Speaker, server: Server) -> str:
    """How a given client proves itself: with its key, with its secret, or not at all."""
    if speaker.choices.sign is not None:
        return "private_key_jwt"
    if not speaker.choices.client_secret:
        return "none"
    return _listed_method(speaker, server, speaker.profile.given_client_auth)


def _listed_method(speaker: Speaker, server: Server, registered: str) -> str:
    """How a client with a secret proves itself at the token endpoint."""
    if speaker.profile.client_auth is ClientAuth.AS_REGISTERED:
        return registered
    listed = server.document.get("token_endpoint_auth_methods_supported")
    if not isinstance(listed, list):
        return "client_secret_basic"
    known = (one for one in listed if one in ("client_secret_basic", "client_secret_post", "none"))
    return str(next(known, registered))


def _cimd_offered(speaker: Speaker, server: Server) -> bool:
    """CIMD needs the flag; claude.ai also wants `none` among the methods."""
    if server.document.get("client_id_metadata_document_supported") is not True:
        return False
    if speaker.profile.cimd_condition is CimdCondition.FLAG:
        return True
    methods = server.document.get("token_endpoint_auth_methods_supported")
    return isinstance(methods, list) and "none" in methods


def _dynamic(
    speaker: Speaker, server: Server, endpoint: str, scope: str | None
) -> Flow[Client | None]:
    yield speaker.note(Step.REGISTRATION, f"registers at {endpoint}", way="dcr", endpoint=endpoint)
    body = dict(speaker.profile.registration_body)
    if speaker.profile.registers_scope and scope:
        body["scope"] = scope
    exchange = yield from _post(speaker, endpoint, body)
    client = _registered(speaker, exchange)
    fault = _unreadable(speaker, exchange) if client is not None else None
    if fault is not None:
        yield from speaker.stop(Step.REGISTRATION, f"the registration's answer has {fault}")
        return None
    if client is None and _refuses_extension_grant(speaker, exchange):
        exchange = yield from _post(speaker, endpoint, {**body, "grant_types": list(_CORE_GRANTS)})
        client = _registered(speaker, exchange)
        if client is not None:
            yield speaker.note(
                Step.REGISTRATION,
                "refused for the jwt-bearer grant, accepted without it",
                without_refused_grant=True,
            )
    if client is None:
        yield from _variants(speaker, endpoint, exchange)
        what = exchange.failure.text if exchange.failure else f"answer {exchange.status}"
        yield from speaker.stop(Step.REGISTRATION, f"registration failed: {what}")
        return None
    return (yield from _accepted(speaker, server, exchange, client))


def _accepted(speaker: Speaker, server: Server, exchange: Exchange, client: Client) -> Flow[Client]:
    """The registered client as it proves itself, with a note of that and of its secret's end."""
    if client.client_secret:
        method = _listed_method(speaker, server, client.auth_method)
        client = replace(client, auth_method=method)
    yield speaker.note(
        Step.REGISTRATION,
        f"registered, token endpoint authentication {client.auth_method}",
        method=client.auth_method,
    )
    end = secret_ends(exchange) if client.client_secret else None
    if end is not None:
        yield speaker.note(Step.REGISTRATION, end, secret_lifetime=secret_lifetime(exchange))
    return client


def _variants(speaker: Speaker, endpoint: str, refused: Exchange) -> Flow[None]:
    """Other registrations after a refusal, to learn what was wrong with Claude's."""
    if refused.status not in (400, 401, 403, 422):
        return
    body = speaker.profile.registration_body
    changes: dict[Purpose, dict[str, Json]] = {
        Purpose.REGISTER_PUBLIC: {"token_endpoint_auth_method": "none"},
        Purpose.REGISTER_CODE_ONLY: {"grant_types": ["authorization_code"]},
    }
    for purpose, change in changes.items():
        yield from _post(speaker, endpoint, {**body, **change}, purpose=purpose)


def _post(
    speaker: Speaker,
    endpoint: str,
    body: Mapping[str, Json],
    *,
    purpose: Purpose = Purpose.REGISTER,
) -> Flow[Exchange]:
    return speaker.post(
        Step.REGISTRATION,
        purpose,
        endpoint,
        body=compact(body),
        media_type="application/json",
        exploration=purpose is not Purpose.REGISTER,
    )


def register_again(speaker: Speaker, server: Server) -> Flow[Client | None]:
    """One more dynamic registration, as exploration; None where there is none."""
    endpoint = server.endpoint("registration_endpoint")
    if endpoint is None:
        return None
    body: dict[str, Json] = {
        **speaker.profile.registration_body,
        "grant_types": list(_CORE_GRANTS),
    }
    exchange = yield from _post(speaker, endpoint, body, purpose=Purpose.REGISTER_AGAIN)
    return _registered(speaker, exchange)


def _unreadable(speaker: Speaker, exchange: Exchange) -> str | None:
    """A member of the answer that a strict reader cannot take, or None."""
    if speaker.profile.registration_answer is RegistrationAnswer.LENIENT:
        return None
    document = exchange.json_object or {}
    for name in ("client_uri", "logo_uri", "software_id"):
        if name in document and not isinstance(document[name], str):
            return f"a {name} that is no text"
    if document.get("client_uri") == "":
        return "an empty client_uri"
    if isinstance(document.get("client_id_issued_at"), str):
        return "a client_id_issued_at that is a text"
    return None


def _refuses_extension_grant(speaker: Speaker, exchange: Exchange) -> bool:
    """True when the refusal is about a grant type beyond code and refresh."""
    if speaker.profile.refused_grant is RefusedGrant.STOP or exchange.status != 400:
        return False
    return exchange.response is not None and "grant_type" in exchange.response.text


def _registered(speaker: Speaker, exchange: Exchange) -> Client | None:
    response = exchange.response
    if response is None or exchange.failure or response.status not in (200, 201):
        return None
    document = response.json_object or {}
    client_id, secret = document.get("client_id"), document.get("client_secret")
    if not isinstance(client_id, str) or not client_id:
        return None
    # Claude takes the method from the response, so an answer of `none` makes it a public client.
    asked = speaker.profile.registration_body.get("token_endpoint_auth_method", "none")
    method = document.get("token_endpoint_auth_method", asked)
    held = secret if isinstance(secret, str) and secret else None
    return Client(client_id, held, str(method) if held else "none", dynamic=True)
