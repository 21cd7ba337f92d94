"""Calls with the token, and how the resource server refuses."""

from harness.diagnosis.reading import evidence, status_evidence
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.specification.reading import Found, bearer_of, challenge_lines, some, when
from harness.specification.reasons import NEVER_SENT, SECOND_PARTY, ours
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)

_STATUS = {"invalid_request": 400, "invalid_token": 401, "insufficient_scope": 403}


@requirement("rs-token-works")
def fresh_token_works(trace: Trace) -> Found:
    """The first call with a fresh token is neither 401 nor 403."""
    first = next(iter(_with_token(trace, Step.CONNECT)))
    if first.status in (401, 403):
        yield status_evidence(first, "200")


@requirement("rs-invalid-challenge")
def refusal_says_why(trace: Trace) -> Found:
    """A 401 to a call with a token says invalid_token and where the metadata lies."""
    refused = [one for one in _with_token(trace, *Step) if one.status == 401]
    for one in some(refused):
        challenge = bearer_of(one)
        params = challenge.params if challenge else {}
        if params.get("error") != "invalid_token" or "resource_metadata" not in params:
            text = ", ".join(challenge_lines(one)) or "(absent)"
            yield evidence(
                one,
                "response.header.www-authenticate",
                text,
                'error="invalid_token" and resource_metadata',
            )


@requirement("rs-status-map")
def status_fits_the_error(trace: Trace) -> Found:
    """401 is for a bad token, 403 for too little scope, 400 for a bad request."""
    refused = [
        (one, challenge.params["error"])
        for one in trace.exchanges
        if (challenge := bearer_of(one)) is not None and challenge.params.get("error") in _STATUS
    ]
    for one, error in some(refused):
        if one.status != _STATUS[error]:
            yield status_evidence(one, f"{_STATUS[error]} for {error}")


@requirement("rs-stateless-backend")
def token_goes_on_working(trace: Trace) -> Found:
    """A token that worked goes on working, on whatever connection."""
    worked: set[str] = set()
    again = 0
    for one in _with_token(trace, *Step):
        token = one.request.header("authorization") or ""
        again += token in worked
        if one.status == 401 and token in worked:
            yield status_evidence(one, "200, as before with this token")
        elif one.status is not None and one.status < 300:
            worked.add(token)
    when(again)


_UNSEEN = (
    unseen("rs-header", "The word Bearer may be written in any letter case.", NEVER_SENT),
    unseen("rs-invalid-401", "A false or expired token is refused with 401.", NEVER_SENT),
    unseen("rs-audience", "A token for another resource is refused.", SECOND_PARTY),
    unseen("rs-issuer-signature", "A token that was altered is refused.", NEVER_SENT),
    unseen("rs-no-query-token", "A token in the query counts for nothing.", NEVER_SENT),
    unseen(
        "rs-every-request", "A call without a token is refused in an open session too.", NEVER_SENT
    ),
    unseen("rs-session-user-binding", "A session is of no use to another user.", SECOND_PARTY),
    unseen(
        "rs-double-token", "A token in header and body at once is refused or read once.", NEVER_SENT
    ),
    unseen(
        "c-rs-header",
        "Every call carries the token in its header, never in the URL.",
        ours("client.mcp"),
    ),
    unseen(
        "c-rs-own-token",
        "Only tokens issued for the resource are sent to it.",
        ours("client.access"),
    ),
    unseen(
        "c-rs-no-cross-origin",
        "A redirect to another origin loses the token.",
        ours("client.redirects"),
    ),
    unseen(
        "c-rs-retry-once",
        "A 401 makes the client refresh and try once more.",
        ours("client.connect"),
    ),
)


def _with_token(trace: Trace, *steps: Step) -> list[Exchange]:
    """The calls of some steps that carried a token, but for exploration."""
    behind = (Step.CONNECT, Step.SESSION, Step.REFRESH, Step.STEP_UP)
    return some(
        one
        for one in trace.exchanges
        if one.step in steps
        and one.step in behind
        and one.purpose is not Purpose.REFRESH
        and not one.exploration
        and one.response is not None
        and (one.request.header("authorization") or "").startswith("Bearer ")
    )


ROWS: tuple[Requirement, ...] = (
    fresh_token_works,
    refusal_says_why,
    status_fits_the_error,
    token_goes_on_working,
    *_UNSEEN,
)
