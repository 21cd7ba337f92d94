"""The answer to an accepted registration (RFC 7591 section 3.2.1)."""

import json

from harness.diagnosis.reading import body_evidence, endpoints_guessed, evidence, status_evidence
from harness.diagnosis.token_endpoint import document
from harness.model.trace import Exchange, Step, Trace
from harness.specification.reading import (
    Document,
    Found,
    lower_list,
    member_evidence,
    response,
    some,
    strings,
)
from harness.specification.requirement import (
    Requirement,
    requirement,
)

_USABLE = ("none", "client_secret_post", "client_secret_basic")
_ECHOED = (
    "redirect_uris",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "client_name",
)


@requirement("dcr-201")
def status_is_201(trace: Trace) -> Found:
    """An accepted registration is answered with 201."""
    for one in _accepted(trace):
        if one.status != 201:
            yield status_evidence(one, "201")


@requirement("dcr-json-response")
def answer_is_json(trace: Trace) -> Found:
    """The answer is a JSON object, sent as application/json."""
    for one in _accepted(trace):
        if one.json_object is None:
            yield body_evidence(one, "a JSON object")
        elif response(one).media_type != "application/json":
            found = response(one).header("content-type") or "(absent)"
            yield evidence(one, "response.header.content-type", found, "application/json")


@requirement("dcr-client-id")
def client_id_given(trace: Trace) -> Found:
    """The answer has a client id."""
    for one, client in _clients(trace):
        if not isinstance(client.get("client_id"), str) or not client["client_id"]:
            yield member_evidence(one, client, "client_id", "a client id")


@requirement("dcr-secret-expiry")
def secret_says_when_it_ends(trace: Trace) -> Found:
    """A secret comes with the time it ends, 0 for never."""
    for one, client in _with_secret(trace):
        end = client.get("client_secret_expires_at")
        if not isinstance(end, int | float) or isinstance(end, bool):
            yield member_evidence(one, client, "client_secret_expires_at", "0, or a time")
        elif end != 0 and one.started and end <= one.started:
            yield member_evidence(one, client, "client_secret_expires_at", "a time to come")


@requirement("dcr-secret-consistent")
def secret_fits_the_method(trace: Trace) -> Found:
    """A method that uses a secret comes with one, the method none without."""
    for one, client in _methods(trace):
        method, secret = client["token_endpoint_auth_method"], client.get("client_secret")
        uses = isinstance(method, str) and method.startswith("client_secret_")
        if uses != bool(secret) and (uses or method == "none"):
            expected = "with a client_secret" if uses else "without a client_secret"
            yield member_evidence(one, client, "token_endpoint_auth_method", expected)


@requirement("dcr-method-usable")
def method_usable(trace: Trace) -> Found:
    """The method given is none, client_secret_post or client_secret_basic."""
    for one, client in _methods(trace):
        if client["token_endpoint_auth_method"] not in _USABLE:
            yield member_evidence(one, client, "token_endpoint_auth_method", ", ".join(_USABLE))


@requirement("dcr-echo")
def metadata_repeated(trace: Trace) -> Found:
    """The answer repeats everything that was registered."""
    for one, client in _clients(trace):
        for name in _ECHOED:
            if name in _asked(one) and name not in client:
                yield member_evidence(one, client, name, json.dumps(_asked(one)[name]))


@requirement("dcr-echo-redirects")
def redirects_unchanged(trace: Trace) -> Found:
    """The redirect URIs come back as they were sent."""
    clients = [each for each in _clients(trace) if "redirect_uris" in each[1]]
    for one, client in some(clients):
        for uri in strings(_asked(one).get("redirect_uris")):
            if uri not in strings(client["redirect_uris"]):
                yield member_evidence(one, client, "redirect_uris", uri)


@requirement("dcr-no-null")
def no_null(trace: Trace) -> Found:
    """A member without a value is left out, not null."""
    for one, client in _clients(trace):
        for name, value in client.items():
            if value is None:
                yield member_evidence(one, client, name, "no such member")


@requirement("dcr-no-store")
def not_to_be_stored(trace: Trace) -> Found:
    """An answer with a secret forbids caches to store it."""
    for one, _ in _with_secret(trace):
        if "no-store" not in lower_list(one, "cache-control"):
            found = response(one).header("cache-control") or "(absent)"
            yield evidence(one, "response.header.cache-control", found, "no-store")


@requirement("dcr-7592-pair")
def management_complete(trace: Trace) -> Found:
    """The address and the token for managing a registration come together."""
    for one, client in _clients(trace):
        names = [
            name
            for name in ("registration_client_uri", "registration_access_token")
            if client.get(name)
        ]
        if len(names) == 1:
            yield evidence(one, f"response.body.{names[0]}", "(alone)", "both, or neither")


def _accepted(trace: Trace) -> list[Exchange]:
    """The registrations that were answered with success, exploration included.

    What answers at an endpoint that was guessed need not be one.
    """
    return some(
        one
        for one in trace.at(Step.REGISTRATION)
        if one.request.method == "POST"
        and one.response is not None
        and 200 <= one.response.status < 300
        and (not endpoints_guessed(trace) or "client_id" in document(one))
    )


def _clients(trace: Trace) -> list[tuple[Exchange, Document]]:
    return some((one, document(one)) for one in _accepted(trace) if document(one))


def _with_secret(trace: Trace) -> list[tuple[Exchange, Document]]:
    return some(each for each in _clients(trace) if each[1].get("client_secret"))


def _methods(trace: Trace) -> list[tuple[Exchange, Document]]:
    return some(each for each in _clients(trace) if "token_endpoint_auth_method" in each[1])


def _asked(exchange: Exchange) -> Document:
    """The members that the registration sent."""
    return exchange.request.json_object or {}


ROWS: tuple[Requirement, ...] = (
    status_is_201,
    answer_is_json,
    client_id_given,
    secret_says_when_it_ends,
    secret_fits_the_method,
    method_usable,
    metadata_repeated,
    redirects_unchanged,
    no_null,
    not_to_be_stored,
    management_complete,
)
