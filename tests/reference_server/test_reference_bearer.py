import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_client import Clock

from reference_server.bearer import (
    bearer_token,
    insufficient_scope,
    scopes_of,
    unauthorized,
    verify,
)
from reference_server.keys import InvalidTokenError, sign
from reference_server.server import Server
from reference_server.settings import Settings

METADATA = "https://mcp.reference.test/.well-known/oauth-protected-resource/mcp"
CLAIMS: dict[str, object] = {
    "iss": "https://auth.reference.test",
    "aud": "https://mcp.reference.test/mcp",
    "exp": 1_800_000_060,
    "jti": "one",
    "scope": "notes:read",
}


def test_a_good_token(server: Server) -> None:
    assert scopes_of(verify(sign(CLAIMS, server.key), server)) == {"notes:read"}


def test_one_of_several_audiences_is_enough(server: Server) -> None:
    several = CLAIMS | {"aud": ["https://other", "https://mcp.reference.test/mcp"]}
    assert verify(sign(several, server.key), server) == several


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"iss": "https://auth.reference.test/"}, "someone else"),
        ({"aud": "https://mcp.reference.test"}, "another resource"),
        ({"aud": "https://mcp.reference.test/mcp/"}, "another resource"),
        ({"aud": ["https://other"]}, "another resource"),
        ({"aud": None}, "another resource"),
        ({"exp": 1_800_000_000}, "expired"),
        ({"exp": None}, "expired"),
        ({"exp": "1900000000"}, "expired"),
    ],
)
def test_a_token_for_another_place_or_time(
    change: dict[str, object], why: str, server: Server
) -> None:
    with pytest.raises(InvalidTokenError, match=why):
        verify(sign(CLAIMS | change, server.key), server)


def test_a_token_expires(server: Server, clock: Clock) -> None:
    token = sign(CLAIMS, server.key)
    clock.now += 59
    verify(token, server)
    clock.now += 1
    with pytest.raises(InvalidTokenError):
        verify(token, server)


def test_a_revoked_token(server: Server) -> None:
    server.store.revoked_token_ids["one"] = None
    with pytest.raises(InvalidTokenError, match="revoked"):
        verify(sign(CLAIMS, server.key), server)


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer x.y.z", "x.y.z"),
        ("bearer  x", "x"),
        ("BEARER x", "x"),
        ("Bearer", None),
        ("Bearer ", None),
        ("Basic x", None),
        ("x", None),
        ("", None),
        (None, None),
    ],
)
def test_the_token_of_a_header(header: str | None, token: str | None) -> None:
    assert bearer_token(header) == token


@given(st.text())
def test_any_header_has_a_token_or_none(header: str) -> None:
    token = bearer_token(header)
    assert token is None or token.strip()


def test_the_first_challenge_has_no_error() -> None:
    response = unauthorized(Settings())
    assert response.status_code == 401
    expected = f'Bearer resource_metadata="{METADATA}", scope="notes:read"'
    assert response.headers["www-authenticate"] == expected


def test_a_bad_token_is_told_so() -> None:
    response = unauthorized(Settings(), InvalidTokenError("the token has expired"))
    assert response.headers["www-authenticate"] == (
        'Bearer error="invalid_token", error_description="the token has expired", '
        f'resource_metadata="{METADATA}", scope="notes:read"'
    )


def test_the_step_up_challenge_names_all_scopes() -> None:
    response = insufficient_scope(Settings(), ["notes:read", "notes:write"])
    assert response.status_code == 403
    assert response.headers["www-authenticate"] == (
        'Bearer error="insufficient_scope", '
        'error_description="the token does not cover this call", '
        f'resource_metadata="{METADATA}", scope="notes:read notes:write"'
    )
