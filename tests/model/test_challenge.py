"""WWW-Authenticate is read by its grammar, and leniently where servers break it."""

from hypothesis import given
from hypothesis import strategies as st

from harness.model.challenge import bearer, parse


def test_a_quoted_bearer_challenge_gives_its_parameters() -> None:
    challenge = bearer(['Bearer resource_metadata="https://h/x", scope="a b", error=invalid_token'])
    assert challenge is not None
    assert challenge.params == {
        "resource_metadata": "https://h/x",
        "scope": "a b",
        "error": "invalid_token",
    }
    assert challenge.violations == ()


def test_a_bearer_challenge_is_found_behind_another_scheme() -> None:
    challenge = bearer(['Basic realm="a", Bearer scope="s"'])
    assert challenge is not None
    assert challenge.params == {"scope": "s"}


def test_several_header_lines_are_one_list() -> None:
    assert [one.scheme for one in parse(["Negotiate", 'Bearer realm="x"'])] == [
        "Negotiate",
        "Bearer",
    ]


def test_token68_is_kept_apart_from_parameters() -> None:
    first, second = parse(['Negotiate abc==, Bearer scope="x"'])
    assert (first.scheme, first.token68, first.params) == ("Negotiate", "abc==", {})
    assert second.params == {"scope": "x"}


def test_an_unquoted_url_is_still_read_and_reported() -> None:
    challenge = bearer(["Bearer realm=foo, resource_metadata=https://h/x"])
    assert challenge is not None
    assert challenge.params["resource_metadata"] == "https://h/x"
    assert challenge.violations == ("resource_metadata needs quotes",)


def test_escapes_case_and_bare_scheme() -> None:
    challenge = bearer([r'bEARER REALM="a\"b"'])
    assert challenge is not None
    assert challenge.params == {"realm": 'a"b'}
    assert bearer(["Bearer"]) is not None
    assert bearer(["Basic"]) is None


def test_broken_quotes_and_repeats_are_reported_not_raised() -> None:
    challenge = bearer(['Bearer scope="a, scope=b'])
    assert challenge is not None
    assert challenge.params["scope"] == "a"
    assert set(challenge.violations) == {"unbalanced quote", "scope given twice"}


@given(st.lists(st.text(max_size=60), max_size=3))
def test_no_header_makes_the_parser_fail(lines: list[str]) -> None:
    parse(lines)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,10}", fullmatch=True),
        st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
        min_size=1,
        max_size=4,
    )
)
def test_every_well_formed_challenge_round_trips(params: dict[str, str]) -> None:
    escaped = {
        name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in params.items()
    }
    header = "Bearer " + ", ".join(f'{name}="{value}"' for name, value in escaped.items())
    challenge = bearer([header])
    assert challenge is not None
    assert challenge.params == params
    assert challenge.violations == ()
