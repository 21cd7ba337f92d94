import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.answers import OAuthError
from reference_server.resources import canonical, check_resources
from reference_server.settings import Settings


@pytest.mark.parametrize(
    "spelling", ["https://h/mcp", "HTTPS://H/mcp", "https://h:443/mcp", "https://H:443/mcp"]
)
def test_spellings_of_url_libraries_are_one_resource(spelling: str) -> None:
    check_resources(Settings(resource="https://h/mcp"), (spelling,))


def test_the_slash_of_a_bare_origin_does_not_matter() -> None:
    assert canonical("https://h") == canonical("https://h/")


@pytest.mark.parametrize(
    "other",
    ["https://h/mcp/", "https://h/MCP", "https://h", "http://h/mcp", "https://h/mcp#x", "mcp", ""],
)
def test_any_other_resource_is_an_invalid_target(other: str) -> None:
    with pytest.raises(OAuthError) as refused:
        check_resources(Settings(resource="https://h/mcp"), ("https://h/mcp", other))
    assert refused.value.error == "invalid_target"


def test_no_resource_means_the_only_one() -> None:
    check_resources(Settings(), ())


@given(st.text())
def test_any_text_has_a_canonical_form_or_none(text: str) -> None:
    spelled = canonical(text)
    assert spelled is None or canonical(spelled) == spelled
