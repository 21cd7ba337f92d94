import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.answers import OAuthError, parse_form


def test_a_parameter_without_a_value_counts_as_absent() -> None:
    assert parse_form(b"state=&scope=a+b%2Fc").values == {"scope": "a b/c"}


def test_resource_may_repeat_and_nothing_else() -> None:
    form = parse_form(b"resource=https%3A%2F%2Fa&resource=b&code=1&code=2")
    assert form.resources == ("https://a", "b")
    assert form.repeated == ("code",)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(OAuthError, match="code_verifier is missing"):
        parse_form(b"").require("code_verifier")


def test_too_many_parameters_are_refused() -> None:
    with pytest.raises(OAuthError):
        parse_form(b"&".join(b"a%d=1" % number for number in range(101)))


@given(st.binary(max_size=200))
def test_any_bytes_parse(encoded: bytes) -> None:
    for value in parse_form(encoded).values.values():
        assert value
