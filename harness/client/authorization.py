"""The authorization request with PKCE (RFC 7636), and what comes back to the callback."""

import base64
import hashlib
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from harness.client.discovery import Resource, Server, scopes
from harness.client.events import Ask, Flow
from harness.client.registration import Client
from harness.client.speaker import Speaker
from harness.model.challenge import Challenge
from harness.model.trace import Exchange, Step
from harness.model.wellknown import canonical_resource
from harness.profiles.policy import CallbackIss, OfflineAccess


@dataclass(frozen=True)
class Grant:
    """An authorization code and what the token request must repeat."""

    code: str
    code_verifier: str
    resource: str | None
    scope: str | None


def s256(verifier: str) -> str:
    """The code challenge of a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def scope_to_ask(
    speaker: Speaker, challenge: Challenge | None, resource: Resource, server: Server
) -> tuple[str | None, str]:
    """The scope to request and where it came from."""
    heard = challenge if speaker.profile.challenged_scope else None
    challenged = heard.params.get("scope", "").strip() if heard else ""
    if speaker.choices.scope is not None:
        return speaker.choices.scope or None, "given"
    if challenged:
        scope, origin = challenged, "challenge"
    elif resource.scope:
        scope, origin = resource.scope, "resource metadata"
    else:
        scope, origin = "", "nowhere"
    listed = scopes(server.document, "scopes_supported") or ""
    if not scope and listed and speaker.profile.server_scopes:
        scope, origin = listed, "server metadata"
    longer = with_offline_access(speaker, server, scope)
    if longer != scope:
        origin += " and offline_access"
    return longer or None, origin


def with_offline_access(speaker: Speaker, server: Server, scope: str) -> str:
    """The scope, and `offline_access` where the surface adds it for this server."""
    offered = (scopes(server.document, "scopes_supported") or "").split()
    alone = speaker.profile.offline_access is OfflineAccess.WHEN_LISTED
    if "offline_access" not in offered or "offline_access" in scope.split():
        return scope
    return f"{scope} offline_access".strip() if scope or alone else scope


def authorization_url(
    speaker: Speaker,
    endpoint: str,
    *,
    client_id: str,
    verifier: str,
    state: str,
    scope: str | None,
    resource: str | None,
) -> str:
    """The authorization request in the profile's order of parameters (RFC 7636, RFC 8707)."""
    own = speaker.profile
    offline = own.prompts_for_offline_access and "offline_access" in (scope or "").split()
    values = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": own.redirect_uri,
        "code_challenge": s256(verifier),
        "code_challenge_method": "S256",
        "state": state,
        "scope": scope,
        "prompt": "consent" if offline else None,
        "resource": resource,
    }
    parameters = [(name, value) for name in own.authorize_order if (value := values[name])]
    return endpoint + ("&" if urlsplit(endpoint).query else "?") + urlencode(parameters)


def authorize(
    speaker: Speaker,
    *,
    server: Server,
    client: Client,
    resource: Resource,
    scope: tuple[str | None, str],
) -> Flow[Grant | None]:
    """Have the user sign in, and read the code from the callback; None after a stop."""
    verifier, state = speaker.entropy("code_verifier"), speaker.entropy("state")
    identifier = resource.identifier
    if identifier is None and speaker.profile.resource_without_metadata:
        identifier = canonical_resource(speaker.choices.target)
    endpoint = server.endpoint("authorization_endpoint") or ""
    url = authorization_url(
        speaker,
        endpoint,
        client_id=client.client_id,
        verifier=verifier,
        state=state,
        scope=scope[0],
        resource=identifier,
    )
    yield speaker.note(
        Step.AUTHORIZE,
        f"scope from {scope[1]}: {scope[0] or 'none'}; resource {identifier or 'none'}",
        scope=scope[0],
        scope_from=scope[1],
        resource=identifier,
        endpoint=endpoint,
    )
    exchange = yield Ask(
        url=url, redirect_uri=speaker.profile.redirect_uri, exploration=speaker.exploring
    )
    if exchange is None:
        return None
    if exchange.step is not Step.CALLBACK:
        what = exchange.failure.text if exchange.failure else f"answer {exchange.status}"
        yield from speaker.stop(exchange.step, f"the sign-in did not reach the callback: {what}")
        return None
    refusal = _refusal(speaker, exchange, state, server)
    if refusal is not None:
        yield from speaker.stop(Step.CALLBACK, refusal)
        return None
    code = dict(_parameters(exchange))["code"]
    return Grant(code, verifier, identifier, scope[0])


def _refusal(speaker: Speaker, exchange: Exchange, state: str, server: Server) -> str | None:
    """Why the callback is of no use to Claude, or None."""
    if exchange.request.method != "GET":
        return f"the callback was called with {exchange.request.method}; it takes GET only"
    values = dict(_parameters(exchange))
    if "state" not in values:
        return "the callback carries no state"
    if values["state"] != state:
        return "the callback carries another state than the request"
    # An error says more than the want of an issuer beside it.
    tells = values.get("code") or "iss" in values
    wrong = _wrong_issuer(speaker, values.get("iss"), server) if tells else None
    if wrong is not None:
        return wrong
    if not values.get("code"):
        return f"the callback carries no code: {values.get('error', 'no error either')}"
    return None


def _wrong_issuer(speaker: Speaker, named: str | None, server: Server) -> str | None:
    """What is wrong with the `iss` of the callback (RFC 9207 section 2.4), or None."""
    rule = speaker.profile.callback_iss
    if rule is CallbackIss.ACCEPT:
        return None
    if named is not None:
        right = named in (server.document.get("issuer"), server.issuer)
        return None if right else f"the callback names another issuer, {named}"
    promised = server.document.get("authorization_response_iss_parameter_supported") is True
    if rule is CallbackIss.ENFORCE and promised:
        return "the callback names no issuer, although the metadata promises it"
    return None


def _parameters(exchange: Exchange) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(exchange.request.url).query, keep_blank_values=True)
