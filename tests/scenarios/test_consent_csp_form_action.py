"""Which addresses a form-action policy lets a form lead to (CSP 3)."""

import pytest

from harness.model.trace import Step
from scenarios.hand_made import recorded, traffic
from scenarios.login.consent_csp_form_action import detect

CALLBACK = "https://claude.ai/api/mcp/auth_callback?code=x&state=s-1"


def blocked(policy: str, page: bytes = b"") -> bool:
    headers = (("Content-Type", "text/html"), ("Content-Security-Policy", policy))
    trace = traffic(
        recorded(
            Step.AUTHORIZE, "https://auth.example.com/authorize", headers=headers, answer=page
        ),
        recorded(
            Step.LOGIN,
            "https://auth.example.com/consent",
            method="POST",
            status=303,
            headers=(("Location", CALLBACK),),
        ),
        recorded(Step.CALLBACK, CALLBACK),
    )
    return bool(list(detect(trace)))


def test_a_policy_in_the_markup_counts_too() -> None:
    for policy, kept_back in (("form-action 'self'", True), ("form-action *", False)):
        page = f'<meta content="{policy}" HTTP-EQUIV="Content-Security-Policy"><form>'.encode()
        assert blocked("default-src *", page) is kept_back


@pytest.mark.parametrize(
    "policy",
    [
        "form-action 'self'",
        "default-src *; form-action 'none'",
        "form-action",
        "form-action 'self' https://claude.com",
        "form-action 'self' https://*.claude.ai",
        "form-action 'self' https://claude.ai:8443",
        "form-action 'self' claude:",
        "form-action *, form-action 'self'",
        "form-action 'self'; form-action *",
    ],
)
def test_policies_that_keep_the_browser_back(policy: str) -> None:
    assert blocked(policy)


@pytest.mark.parametrize(
    "policy",
    [
        "default-src 'none'",
        "form-action *",
        "form-action https:",
        "form-action 'self' https://claude.ai",
        "form-action 'self' claude.ai",
        "Form-Action 'SELF' HTTPS://Claude.AI/somewhere",
        "form-action 'self' https://claude.ai:*",
        "form-action 'self' http://claude.ai:443",
        "form-action https://auth.example.com https://*.ai",
    ],
)
def test_policies_that_let_it_go(policy: str) -> None:
    assert not blocked(policy)
