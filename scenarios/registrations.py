"""Why a registration was refused, and which clients a trace saw registered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from harness.diagnosis.browsing import answered_refusal, page_text, parameters
from harness.diagnosis.reading import body_evidence, endpoints_guessed, is_html, status_evidence
from harness.diagnosis.token_endpoint import form
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.model.verdict import Evidence
from scenarios.bending import is_server_metadata, without

_REFUSALS = (400, 401, 403, 422)
_LONGEST = 4096


class Reason(StrEnum):
    """What a refused registration was refused for, the surest sign first."""

    CONFIDENTIAL = "confidential"
    GRANT = "grant"
    REDIRECT_URI = "redirect-uri"
    TRUSTED_HOSTS = "trusted-hosts"
    KEYCLOAK = "keycloak"
    DISABLED = "disabled"
    MEMBER = "member"
    CREDENTIALS = "credentials"


_OPTIONAL = (
    "scope",
    "client_name",
    "client_uri",
    "logo_uri",
    "tos_uri",
    "policy_uri",
    "contacts",
    "jwks",
    "jwks_uri",
    "software_id",
    "software_version",
    "software_statement",
    "application_type",
)
"""Members that RFC 7591 leaves to the client."""
_NEEDED = r"\b(?:required|missing|mandatory|must|undefined|empty)\b"
_KEYCLOAK = re.compile(r"unrecognized field|allowed client scopes|specified clientscope")
_OFF = r"(?:disabled|turned off|switched off|not (?:\w+ )?(?:enabled|allowed|supported))"
_DISABLED = re.compile(
    rf"registration\b[^.]{{0,60}}\b{_OFF}|\b{_OFF}\b[^.]{{0,60}}registration"
    r"|\bnot allow\b[^.]{0,60}registration"
)
_CREDENTIALS = re.compile(
    r"initial access|access token|invalid_token|bearer|api[\s_-]?key|credential|authenticat"
    r"|(?:un|not )authori[sz]ed|log[\s-]?in\b|sign[\s-]?in\b"
)


def attempts(trace: Trace) -> list[Exchange]:
    """The registrations that Claude itself would have sent."""
    return list(trace.at(Step.REGISTRATION, Purpose.REGISTER, exploration=False))


def client_of(exchange: Exchange) -> str | None:
    """The client id of an accepted registration."""
    found = (exchange.json_object or {}).get("client_id")
    accepted = exchange.status in (200, 201) and isinstance(found, str) and found
    return str(found) if accepted else None


def registered_clients(trace: Trace) -> dict[str, Exchange]:
    """Every client that was registered in a trace, and the exchange that did it."""
    every = ((client_of(one), one) for one in trace.at(Step.REGISTRATION))
    return {client_id: one for client_id, one in every if client_id is not None}


def refusal_of(trace: Trace, reason: Reason) -> Exchange | None:
    """The refused registration when this was the reason, else None."""
    refused = refused_registration(trace)
    return refused if refused is not None and _reason(trace, refused) is reason else None


def refused_registration(trace: Trace) -> Exchange | None:
    """Claude's last registration when a published endpoint refused what it asked for."""
    found = attempts(trace)
    if not found or endpoints_guessed(trace) or found[-1].status not in _REFUSALS:
        return None
    return found[-1]


def refusal_quotes(refused: Exchange) -> Iterator[Evidence]:
    """The status of a refusal and what it says."""
    yield status_evidence(refused, "201 with a client_id")
    yield body_evidence(refused)


def variant(trace: Trace, purpose: Purpose) -> Exchange | None:
    """The accepted registration of a variant; None where it was refused or never tried."""
    found = trace.last(Step.REGISTRATION, purpose)
    return found if found is not None and client_of(found) else None


def words(exchange: Exchange) -> str:
    """What a refusal says, lower case: error and description, else the whole body."""
    document = exchange.json_object or {}
    said = [document.get(name) for name in ("error", "error_description")]
    texts = [one for one in said if isinstance(one, str)]
    if texts:
        return " ".join(texts).lower()[:_LONGEST]
    return page_text(exchange.response).lower()[:_LONGEST] if exchange.response else ""


def missing_member(refused: Exchange) -> str | None:
    """The optional member a refusal asks for and the request does not have."""
    text, sent = words(refused), refused.request.json_object or {}
    for name in _OPTIONAL:
        spelled = rf"(?<!\w){name.replace('_', '[_ ]')}(?!\w)"
        wanted = rf"{spelled}.{{0,60}}{_NEEDED}|{_NEEDED}.{{0,40}}{spelled}"
        if name not in sent and re.search(wanted, text, re.DOTALL):
            return name
    return None


def registers(asked: Asked, answer: Answer) -> Answer | None:
    """The server metadata without CIMD, so that Claude registers; None for other requests."""
    if not is_server_metadata(asked):
        return None
    return without(answer, "client_id_metadata_document_supported")


def _reason(trace: Trace, refused: Exchange) -> Reason | None:
    """What was tried and accepted tells more than the words of the refusal."""
    public = variant(trace, Purpose.REGISTER_PUBLIC) is not None
    code_only = variant(trace, Purpose.REGISTER_CODE_ONLY) is not None
    if public is not code_only:
        return Reason.CONFIDENTIAL if public else Reason.GRANT
    return _worded(refused)


def _worded(refused: Exchange) -> Reason | None:
    text, error = words(refused), (refused.json_object or {}).get("error")
    if error == "invalid_redirect_uri" or re.search("redirect[_ ]uri", text):
        return Reason.REDIRECT_URI
    if "trusted hosts" in text:
        return Reason.TRUSTED_HOSTS
    if _KEYCLOAK.search(text):
        return Reason.KEYCLOAK
    if _DISABLED.search(text.replace("_", " ")):
        return Reason.DISABLED
    if refused.status in (400, 422) and missing_member(refused) is not None:
        return Reason.MEMBER
    return Reason.CREDENTIALS if _wants_credentials(refused, text) else None


def _wants_credentials(refused: Exchange, text: str) -> bool:
    """A 401, or a refusal that says so; a block page of an edge does not count."""
    response = refused.response
    if response is None or (response.status != 401 and is_html(response)):
        return False
    challenged = response.header("www-authenticate") is not None
    return response.status == 401 or challenged or _CREDENTIALS.search(text) is not None


_UNKNOWN = re.compile(
    r"(?:unknown|unrecogni[sz]ed|unregistered|no[\s_]such)[\s_]+(?:oauth[\s_]+)?client"
    r"|client\b[^.]{0,80}\b(?:not|n't|never|no longer)[\s_]+(?:be[\s_]+)?"
    r"(?:found|exist|registered|known|recogni[sz]ed)"
    r"|client_not_found|invalid client[\s_]?id|does not match any (?:registered )?client"
)


@dataclass(frozen=True, kw_only=True)
class UnknownClient:
    """A request that was refused because its client is not known."""

    exchange: Exchange
    client_id: str
    place: str
    said: str


def unknown_clients(trace: Trace) -> Iterator[UnknownClient]:
    """The authorization and token requests, exploration too, that were refused so."""
    for one in trace.exchanges:
        if one.purpose in (Purpose.AUTHORIZE, Purpose.FRESH_CLIENT):
            client_id, refused = parameters(one).get("client_id"), answered_refusal(one)
            text = f"{refused.error} {refused.said}".strip() if refused else ""
        elif one.purpose in (Purpose.TOKEN, Purpose.REFRESH) and one.status in (400, 401):
            client_id, text = form(one).get("client_id"), words(one)
        else:
            continue
        # A redirect URI that is not registered for the client is another failure.
        said = text.lower()
        if client_id and _UNKNOWN.search(said) and "redirect" not in said:
            at_callback = one.response is not None and one.response.is_redirect
            place = "response.header.location" if at_callback else "response.body"
            yield UnknownClient(exchange=one, client_id=client_id, place=place, said=text)


def client_id_asked(asked: Exchange) -> str | None:
    """The client id of an authorization request."""
    return parameters(asked).get("client_id") or None
