"""The token endpoint: code and refresh grants (RFC 6749 sections 4.1.3 and 6, RFC 8707)."""

import base64
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from harness.client.authorization import Grant
from harness.client.discovery import Server
from harness.client.events import Flow
from harness.client.lifetimes import token_lifetime
from harness.client.registration import Client
from harness.client.speaker import Speaker
from harness.model.trace import Exchange, Headers, Purpose, Step, Voice
from harness.profiles.policy import TokenAnswer, UnknownClient

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_REFRESHING = (Purpose.REFRESH, Purpose.BOGUS_REFRESH, Purpose.SPENT_REFRESH)


@dataclass(frozen=True)
class Tokens:
    access_token: str
    refresh_token: str | None = None
    expires_in: float | None = None
    """Seconds, as they were issued; None where the answer named none."""


def exchange_code(
    speaker: Speaker, *, server: Server, client: Client, grant: Grant
) -> Flow[Exchange]:
    """The answer to the code, asked once more where the surface does so after a refusal."""
    if speaker.profile.fetches_metadata_again and server.url:
        # The broker asks for the metadata once more right before the token request.
        yield from speaker.get(Step.TOKEN, server.purpose, server.url)
    fields = code_fields(speaker, grant)
    for last in (not speaker.profile.retries_refused_code, True):
        exchange = yield from _post(
            speaker, server, client, fields=fields, resource=grant.resource, purpose=Purpose.TOKEN
        )
        if last or exchange.status != 400 or oauth_error(exchange) != "invalid_grant":
            break
        yield speaker.note(Step.TOKEN, "the code is refused; it is sent once more", retried=True)
    return exchange


def fault(speaker: Speaker, exchange: Exchange) -> str | None:
    """Why the surface can do nothing with an answer to a code, or None."""
    if issued(exchange) is None:
        return f"no token: {account(exchange)}"
    unreadable = _unreadable(speaker, exchange)
    return f"the token answer has {unreadable}" if unreadable else None


def machine_token(
    speaker: Speaker,
    *,
    server: Server,
    client: Client,
    fields: list[tuple[str, str]],
    resource: str | None,
) -> Flow[Tokens | None]:
    """A token request without a code; None after a stop."""
    exchange = yield from _post(
        speaker, server, client, fields=fields, resource=resource, purpose=Purpose.TOKEN
    )
    tokens = issued(exchange)
    if tokens is None:
        yield from speaker.stop(Step.TOKEN, f"no token: {account(exchange)}")
    return tokens


def refresh(
    speaker: Speaker,
    *,
    server: Server,
    client: Client,
    refresh_token: str,
    resource: str | None,
    exploration: bool = False,
) -> Flow[tuple[Exchange, Tokens | None]]:
    """Trade the refresh token for new tokens."""
    exchange = yield from _post(
        speaker,
        server,
        client,
        fields=refresh_fields(refresh_token),
        resource=resource,
        purpose=Purpose.REFRESH,
        exploration=exploration,
    )
    return exchange, issued(exchange)


def probe(
    speaker: Speaker,
    *,
    server: Server,
    client: Client,
    purpose: Purpose,
    fields: list[tuple[str, str]],
    resource: str | None,
) -> Flow[Exchange]:
    """A token request that ought to be refused; exploration."""
    return _post(
        speaker,
        server,
        client,
        fields=fields,
        resource=resource,
        purpose=purpose,
        exploration=True,
    )


def code_fields(speaker: Speaker, grant: Grant) -> list[tuple[str, str]]:
    """The form of the code grant, in Claude's order."""
    return [
        ("grant_type", "authorization_code"),
        ("code", grant.code),
        ("code_verifier", grant.code_verifier),
        ("redirect_uri", speaker.profile.redirect_uri),
    ]


def refresh_fields(refresh_token: str) -> list[tuple[str, str]]:
    return [("grant_type", "refresh_token"), ("refresh_token", refresh_token)]


def issued(exchange: Exchange) -> Tokens | None:
    """The tokens of a successful answer, or None."""
    response = exchange.response
    if response is None or exchange.failure or not 200 <= response.status < 300:
        return None
    document = response.json_object or {}
    access, renewal = document.get("access_token"), document.get("refresh_token")
    if not isinstance(access, str) or not access or "error" in document:
        return None
    held = renewal if isinstance(renewal, str) and renewal else None
    return Tokens(access, held, token_lifetime(document))


def _post(
    speaker: Speaker,
    server: Server,
    client: Client,
    *,
    fields: list[tuple[str, str]],
    resource: str | None,
    purpose: Purpose,
    exploration: bool = False,
) -> Flow[Exchange]:
    extra, credentials = _authentication(speaker, server, client)
    named = [("resource", resource)] if resource else []
    first, last = (credentials, named)
    if speaker.profile.resource_before_client:
        first, last = named, credentials
    body = urlencode([*fields, *first, *last]).encode()
    refreshing = purpose in _REFRESHING
    return speaker.post(
        Step.REFRESH if refreshing else Step.TOKEN,
        purpose,
        server.endpoint("token_endpoint") or "",
        body=body,
        media_type="application/x-www-form-urlencoded",
        extra=speaker.profile.token_headers + extra,
        voice=speaker.profile.refresh_voice if refreshing else Voice.BROKER,
        timeout=speaker.profile.refresh_timeout if refreshing else speaker.profile.token_timeout,
        exploration=exploration,
    )


def _authentication(
    speaker: Speaker, server: Server, client: Client
) -> tuple[Headers, list[tuple[str, str]]]:
    """Header and form fields that prove who the client is (RFC 6749 section 2.3)."""
    secret, sign = client.client_secret or "", speaker.choices.sign
    match client.auth_method:
        case "client_secret_basic":
            pair = f"{quote_plus(client.client_id)}:{quote_plus(secret)}"
            value = base64.b64encode(pair.encode()).decode()
            return (("Authorization", f"Basic {value}"),), []
        case "none":
            return (), [("client_id", client.client_id)]
        case "private_key_jwt" if sign is not None:
            # RFC 7523 section 2.2.
            proof = [
                ("client_assertion_type", _ASSERTION_TYPE),
                ("client_assertion", sign(server.issuer)),
            ]
            return (), [("client_id", client.client_id), *proof]
        case _:
            return (), [("client_id", client.client_id), ("client_secret", secret)]


def _unreadable(speaker: Speaker, exchange: Exchange) -> str | None:
    """A member of the token answer that a strict reader cannot take, or None."""
    if speaker.profile.token_answer is TokenAnswer.LENIENT:
        return None
    document = exchange.json_object or {}
    if not isinstance(document.get("token_type"), str):
        return "no token_type"
    for name in ("scope", "refresh_token"):
        if name in document and not isinstance(document[name], str):
            return f"a {name} that is no text"
    return None


def client_is_gone(client: Client, exchange: Exchange) -> bool:
    """True where the server no longer knows a client that registered itself (RFC 6749 5.2)."""
    return client.dynamic and exchange.status == 401 and oauth_error(exchange) == "invalid_client"


def aftermath(speaker: Speaker, client: Client, exchange: Exchange) -> str:
    """What a refusal means for the client that was registered, as the tail of a note."""
    keeps = speaker.profile.unknown_client is UnknownClient.STOP
    if keeps or not client_is_gone(client, exchange):
        return ""
    return "; the client is dropped, and the next sign-in registers another"


def oauth_error(exchange: Exchange) -> str | None:
    """The error code of a refusal (RFC 6749 section 5.2), or None."""
    error = (exchange.json_object or {}).get("error")
    return error if isinstance(error, str) else None


def account(exchange: Exchange) -> str:
    """What came of a token request, for a note."""
    if exchange.failure:
        return exchange.failure.text
    error = oauth_error(exchange)
    return f"answer {exchange.status}" + (f", {error}" if error is not None else "")
