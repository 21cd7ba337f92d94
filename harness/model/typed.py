"""Metadata as the schemas of the MCP TypeScript SDK read it: by type, with null for no value."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.model.trace import Json, Purpose

type _Kind = Callable[[Json], bool]


def _text(value: Json) -> bool:
    return isinstance(value, str)


def _url(value: Json) -> bool:
    try:
        return isinstance(value, str) and bool(urlsplit(value).scheme)
    except ValueError:
        return False


def _texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _flag(value: Json) -> bool:
    return isinstance(value, bool)


_WORDS: Mapping[_Kind, str] = {
    _text: "text",
    _url: "URL",
    _texts: "list of texts",
    _flag: "truth value",
}


@dataclass(frozen=True)
class _Schema:
    """The members that are looked at, by their kind; all others may be anything."""

    required: Mapping[str, _Kind]
    optional: Mapping[str, _Kind]


def _each(kind: _Kind, names: str) -> dict[str, _Kind]:
    return dict.fromkeys(names.split(), kind)


_RESOURCE = _Schema(
    required=_each(_url, "resource"),
    optional=_each(_url, "jwks_uri resource_policy_uri resource_tos_uri")
    | _each(
        _texts,
        "authorization_servers scopes_supported bearer_methods_supported "
        "resource_signing_alg_values_supported authorization_details_types_supported "
        "dpop_signing_alg_values_supported",
    )
    | _each(_text, "resource_name resource_documentation")
    | _each(_flag, "tls_client_certificate_bound_access_tokens dpop_bound_access_tokens_required"),
)
_ENDPOINTS = _each(_text, "issuer") | _each(_url, "authorization_endpoint token_endpoint")
_SHARED = (
    _each(_url, "registration_endpoint")
    | _each(_flag, "client_id_metadata_document_supported")
    | _each(
        _texts,
        "scopes_supported response_modes_supported grant_types_supported "
        "token_endpoint_auth_methods_supported token_endpoint_auth_signing_alg_values_supported "
        "code_challenge_methods_supported",
    )
)
_SERVER = _Schema(
    required=_ENDPOINTS | _each(_texts, "response_types_supported"),
    optional=_SHARED
    | _each(_url, "service_documentation revocation_endpoint")
    | _each(_text, "introspection_endpoint")
    | _each(
        _texts,
        "revocation_endpoint_auth_methods_supported introspection_endpoint_auth_methods_supported "
        "revocation_endpoint_auth_signing_alg_values_supported "
        "introspection_endpoint_auth_signing_alg_values_supported",
    ),
)
_PROVIDER = _Schema(
    required=_ENDPOINTS
    | _each(_url, "jwks_uri")
    | _each(
        _texts,
        "response_types_supported subject_types_supported id_token_signing_alg_values_supported",
    ),
    optional=_SHARED
    | _each(_url, "userinfo_endpoint op_policy_uri op_tos_uri")
    | _each(_text, "service_documentation")
    | _each(
        _texts,
        "acr_values_supported id_token_encryption_alg_values_supported "
        "id_token_encryption_enc_values_supported userinfo_signing_alg_values_supported "
        "userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported "
        "request_object_signing_alg_values_supported "
        "request_object_encryption_alg_values_supported "
        "request_object_encryption_enc_values_supported display_values_supported "
        "claim_types_supported claims_supported claims_locales_supported ui_locales_supported",
    )
    | _each(
        _flag,
        "claims_parameter_supported request_parameter_supported request_uri_parameter_supported "
        "require_request_uri_registration",
    ),
)


@dataclass(frozen=True)
class Mistyped:
    """A member that such a reader cannot take, or misses."""

    name: str
    wanted: str
    value: Json = None
    absent: bool = False

    @property
    def text(self) -> str:
        if self.absent:
            return f"no {self.name}"
        what = "null" if self.value is None else "empty" if self.value == "" else "something else"
        return f"a {self.name} that is {what} instead of a {self.wanted}"


def mistyped_resource(document: Mapping[str, Json]) -> Iterator[Mistyped]:
    """What is wrong with the members of resource metadata."""
    return _mistyped(document, _RESOURCE)


def mistyped_server(document: Mapping[str, Json], found_by: Purpose) -> Iterator[Mistyped]:
    """What is wrong with the members of server metadata.

    What an address of OpenID Connect answers has to be a provider's document.
    """
    provider = found_by in (Purpose.OIDC, Purpose.OIDC_APPENDED)
    return _mistyped(document, _PROVIDER if provider else _SERVER)


def _mistyped(document: Mapping[str, Json], schema: _Schema) -> Iterator[Mistyped]:
    for name, kind in {**schema.required, **schema.optional}.items():
        if name not in document:
            if name in schema.required:
                yield Mistyped(name, _WORDS[kind], absent=True)
        elif not kind(document[name]):
            yield Mistyped(name, _WORDS[kind], document[name])
