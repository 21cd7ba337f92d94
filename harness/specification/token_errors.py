"""How the token endpoint refuses (OAuth 2.1 section 3.2.4)."""

from harness.diagnosis.reading import (
    body_evidence,
    endpoints_guessed,
    evidence,
    status_evidence,
)
from harness.diagnosis.token_endpoint import document, issued, oauth_error
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.specification.reading import (
    Found,
    challenge_lines,
    challenges_of,
    response,
    shown,
    some,
    when,
)
from harness.specification.requirement import (
    Requirement,
    requirement,
)

_ERRORS = {
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_target",
    "use_dpop_nonce",
    "invalid_dpop_proof",
    "slow_down",
    "interaction_required",
    "login_required",
    "consent_required",
}
_PURPOSES = (
    Purpose.TOKEN,
    Purpose.REFRESH,
    Purpose.BOGUS_CODE,
    Purpose.USED_CODE,
    Purpose.BOGUS_REFRESH,
    Purpose.SPENT_REFRESH,
)


@requirement("tok-error-format")
def refusal_well_formed(trace: Trace) -> Found:
    """A refusal is 400, or 401 for a client, with a JSON error that OAuth knows."""
    for one in _refusals(trace):
        status, error = response(one).status, oauth_error(one)
        if status == 429:
            continue
        if status != 400 and not (status == 401 and error == "invalid_client"):
            yield status_evidence(one, "400 with a JSON error")
        elif error not in _ERRORS:
            yield body_evidence(one, "error with a code of OAuth")


@requirement("tok-code-once")
def code_works_once(trace: Trace) -> Found:
    """A code is refused when it comes a second time."""
    one = shown(trace.last(Step.TOKEN, Purpose.USED_CODE))
    when(one.response)
    if issued(one):
        yield status_evidence(one, "400 with invalid_grant")


@requirement("tok-invalid-client-401")
def unknown_client_is_401(trace: Trace) -> Found:
    """invalid_client comes with 401."""
    for one in some(one for one in _refusals(trace) if oauth_error(one) == "invalid_client"):
        if one.status != 401:
            yield status_evidence(one, "401")


@requirement("tok-401-basic-challenge")
def basic_is_challenged(trace: Trace) -> Found:
    """A failed Basic authentication is 401 with a Basic challenge."""
    failed = [
        one
        for one in _refusals(trace)
        if oauth_error(one) == "invalid_client" and one.request.header("authorization")
    ]
    for one in some(failed):
        schemes = [each.scheme.lower() for each in challenges_of(one)]
        if one.status != 401 or "basic" not in schemes:
            text = ", ".join(challenge_lines(one)) or "(absent)"
            yield evidence(one, "response.header.www-authenticate", text, "401 with Basic")


def _refusals(trace: Trace) -> list[Exchange]:
    """The answers that refuse a token, but for redirects and what they lead to."""
    when(not endpoints_guessed(trace))
    return some(
        one
        for one in trace.exchanges
        if one.purpose in _PURPOSES
        and one.request.method == "POST"
        and one.response is not None
        and not one.response.is_redirect
        and (one.response.status >= 300 or "error" in document(one))
    )


ROWS: tuple[Requirement, ...] = (
    refusal_well_formed,
    code_works_once,
    unknown_client_is_401,
    basic_is_challenged,
)
