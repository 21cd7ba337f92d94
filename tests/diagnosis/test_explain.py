"""Words a user pastes lead to the failures they can mean, likeliest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.diagnosis.catalogue import catalogue
from harness.diagnosis.explain import MOST, Explanation, explain
from harness.model.trace import Step
from harness.model.verdict import Shows

BASE = "https://claude.ai/settings/connectors"


def found(words: str) -> Explanation:
    return explain(words, catalogue())


def ids(words: str) -> list[str]:
    return [one.id for one in found(words).candidates]


def test_the_parameters_of_a_return_narrow_the_steps() -> None:
    explanation = found(f"{BASE}?step=start_error&flow_id=ofid_0123456789abcdef")
    assert any("before the browser left" in fact for fact in explanation.facts)
    assert any("ofid_0123456789abcdef" in fact for fact in explanation.facts)
    assert explanation.candidates
    assert all(
        one.pattern.step.position <= Step.REGISTRATION.position for one in explanation.candidates
    )


def test_several_parameters_mean_what_all_of_them_allow() -> None:
    names = ids(f"{BASE}?step=end_error&oauth_error=McpAuthorizationError")
    assert names[0] == "edge-blocks-claude-user-agent"
    assert "token-invalid-target" not in names


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (f"{BASE}?step=end_error&error_code=mcp_token_exchange_failed", "token-invalid-target"),
        ("step=start_error&error_code=mcp_registration_failed", "dcr-redirect-host-rejected"),
        ("see https://claude.ai/x?error_code=mcp_registration_failed", "dcr-endpoint-404"),
        ("Method Not Allowed", "consent-redirect-307"),
        ("couldn't register with the server's sign-in service", "dcr-redirect-host-rejected"),
        ("Vercel Security Checkpoint", "vercel-security-checkpoint"),
        ("www redirect", "cross-host-redirect-drops-auth"),
        ("CORS expose headers", "cors-browser-clients"),
        ("PRM returns 401", "prm-requires-auth"),
        ("next-intl locale", "i18n-locale-prefix"),
        ("code_verifier does not match", "token-pkce-mismatch"),
    ],
)
def test_what_people_paste_leads_to_what_it_was(words: str, expected: str) -> None:
    assert expected in ids(words)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("step=start_error", "zero-inbound-start-error"),
        ("about:blank loop", "about-blank-loop"),
        ("There was an error connecting to x. Please check your server URL", "prm-requires-auth"),
        ("invalid_client", "dcr-stale-client-cached-by-claude"),
        ("PRM 401", "prm-requires-auth"),
        ("www redirects", "cross-host-redirect-drops-auth"),
        ("CORS expose headers", "cors-browser-clients"),
        ("form POST callback", "callback-form-post"),
        ("Vercel checkpoint", "vercel-security-checkpoint"),
        ("i18n prefixes", "i18n-locale-prefix"),
        ("https://claude.ai/api/mcp/auth_callback?state=x", "consent-redirect-307"),
        (
            "https://claude.ai/api/mcp/auth_callback?error=access_denied&state=x",
            "callback-error-without-code",
        ),
        ("keycloak audience", "bearer-audience-mismatch"),
        ("nginx buffers the event stream", "sse-buffered"),
    ],
)
def test_the_likeliest_comes_first(words: str, first: str) -> None:
    assert ids(words)[0] == first


def test_a_callback_with_code_and_state_points_behind_it() -> None:
    explanation = found("https://claude.ai/api/mcp/auth_callback?code=c&state=s")
    steps = {one.pattern.step for one in explanation.candidates}
    assert steps == {Step.TOKEN, Step.CONNECT}


@pytest.mark.parametrize("text", list(Shows))
def test_every_text_of_claude_is_recognised(text: Shows) -> None:
    explanation = found(text)
    assert any(text in fact for fact in explanation.facts)
    direct = [one for one in catalogue() if one.pattern.claude_shows == text]
    first = explanation.candidates[: min(len(direct), MOST)]
    assert all(one in direct for one in first)


@pytest.mark.parametrize(
    "words",
    [
        "is it the browser cookies?",
        "token_type is bearer in lower case",
        "registration_client_uri is missing",
        "registration answers 200 instead of 201",
    ],
)
def test_what_was_disproved_is_said(words: str) -> None:
    assert found(words).facts


def test_a_pasted_callback_says_what_came_back() -> None:
    url = "https://claude.ai/api/mcp/auth_callback?error=access_denied&error_description=no&state=x"
    facts = " ".join(found(url).facts)
    assert "access_denied: no" in facts
    assert "the code is missing" in facts


@given(st.text(max_size=100))
def test_no_words_make_it_fail(words: str) -> None:
    assert len(found(words).candidates) <= MOST


@given(st.text(max_size=60))
def test_no_url_makes_it_fail(tail: str) -> None:
    found(f"https://claude.ai/{tail}")
