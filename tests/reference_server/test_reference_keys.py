import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt

from reference_server.keys import InvalidTokenError, jwks, new_key, read, sign

KEY = new_key()
CLAIMS = {"iss": "https://a", "aud": "https://r", "scope": "x"}


def test_a_signed_token_reads_back() -> None:
    assert read(sign(CLAIMS, KEY), KEY) == CLAIMS


def test_the_key_set_has_the_public_half_only() -> None:
    (published,) = jwks(KEY)["keys"]
    assert published["kid"] == KEY.kid
    assert (published["alg"], published["crv"], published["use"]) == ("ES256", "P-256", "sig")
    assert "d" not in published


def test_another_key_is_refused() -> None:
    with pytest.raises(InvalidTokenError):
        read(sign(CLAIMS, new_key()), KEY)


def test_another_type_is_refused() -> None:
    token = jwt.encode({"alg": "ES256", "typ": "JWT"}, CLAIMS, KEY, algorithms=["ES256"])
    with pytest.raises(InvalidTokenError):
        read(token, KEY)


def test_altered_claims_are_refused() -> None:
    head, body, signature = sign(CLAIMS, KEY).split(".")
    altered = _encode({**CLAIMS, "scope": "admin"})
    with pytest.raises(InvalidTokenError):
        read(f"{head}.{altered}.{signature}", KEY)
    assert read(f"{head}.{body}.{signature}", KEY) == CLAIMS


def test_no_algorithm_is_refused() -> None:
    token = f"{_encode({'alg': 'none', 'typ': 'at+jwt'})}.{_encode(CLAIMS)}."
    with pytest.raises(InvalidTokenError):
        read(token, KEY)


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,9}"))
def test_anything_else_is_refused_without_a_crash(text: str) -> None:
    with pytest.raises(InvalidTokenError):
        read(text, KEY)


def _encode(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
