"""What the real Claude Code 2.1.330 refused of metadata and what it took, as measured with it."""

import pytest

from harness.model.trace import Purpose
from harness.model.typed import mistyped_resource, mistyped_server

PROVIDER = {
    "jwks_uri": "https://auth.example.com/keys",
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS256"],
}


def server_document(**members: object) -> dict[str, object]:
    return {
        "issuer": "https://auth.example.com",
        "authorization_endpoint": "https://auth.example.com/authorize",
        "token_endpoint": "https://auth.example.com/token",
        "response_types_supported": ["code"],
        **members,
    }


def without(document: dict[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (server_document(), None),
        (server_document(jwks_uri=None, x_unknown=None), None),
        (server_document(introspection_endpoint=""), None),
        (without(server_document(), "response_types_supported"), "no response_types_supported"),
        (without(server_document(), "issuer"), "no issuer"),
        (server_document(scopes_supported=None), "a scopes_supported that is null"),
        (server_document(registration_endpoint=None), "a registration_endpoint that is null"),
        (server_document(registration_endpoint=""), "a registration_endpoint that is empty"),
        (
            server_document(client_id_metadata_document_supported="true"),
            "a client_id_metadata_document_supported that is something else",
        ),
    ],
)
def test_server_metadata(document: dict[str, object], fault: str | None) -> None:
    found = [one.text for one in mistyped_server(document, Purpose.RFC8414)]
    assert len(found) == (fault is not None)
    assert all(one.startswith(str(fault)) for one in found)


@pytest.mark.parametrize("missing", PROVIDER)
def test_a_document_of_openid_connect_has_to_be_a_providers(missing: str) -> None:
    whole = server_document(**PROVIDER)
    assert list(mistyped_server(whole, Purpose.OIDC)) == []
    partly = without(whole, missing)
    assert [one.name for one in mistyped_server(partly, Purpose.OIDC_APPENDED)] == [missing]
    assert list(mistyped_server(partly, Purpose.RFC8414)) == []


def test_resource_metadata() -> None:
    assert list(mistyped_resource({"resource": "https://mcp.example.com/mcp"})) == []
    assert [one.name for one in mistyped_resource({"resource": "/mcp"})] == ["resource"]
    null = {"resource": "https://mcp.example.com/mcp", "scopes_supported": None}
    found = next(mistyped_resource(null))
    assert found.text == "a scopes_supported that is null instead of a list of texts"
