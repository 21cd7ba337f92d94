"""Renewing the access token."""

from harness.diagnosis.reading import body_evidence, evidence, status_evidence
from harness.diagnosis.token_endpoint import (
    authentication,
    code_answer,
    document,
    form,
    issued,
    oauth_error,
    refreshes,
)
from harness.model.trace import Exchange, Purpose, Step, Trace
from harness.specification.reading import Found, shown, some, when
from harness.specification.reasons import OPTION, SECOND_PARTY, ours
from harness.specification.requirement import (
    Requirement,
    requirement,
    unseen,
)


@requirement("ref-works")
def refresh_works(trace: Trace) -> Found:
    """A refresh token gets a new access token, and the server accepts it."""
    answers = some(one for one in refreshes(trace) if one.response is not None)
    when(answers[0].status != 429)
    if not issued(answers[0]):
        yield status_evidence(answers[0], "200 with an access token")
        return
    call = trace.last(Step.REFRESH, Purpose.LIST_TOOLS)
    if call is not None and call.status in (401, 403):
        yield status_evidence(call, "200 with the new token")


@requirement("ref-resource")
def resource_accepted(trace: Trace) -> Found:
    """The resource may be named again, and the new token is for it too."""
    one = _refresh(trace)
    when("resource" in form(one))
    if not issued(one):
        when(oauth_error(one) == "invalid_target")
        yield body_evidence(one, "an access token")
        return
    before = shown(shown(code_answer(trace)).token).claims.get("aud")
    after = shown(one.token).claims.get("aud")
    if before != after:
        yield evidence(one, "token.aud", after or "(absent)", str(before))


@requirement("ref-rotation")
def token_rotated(trace: Trace) -> Found:
    """A public client gets another refresh token each time."""
    one = _refresh(trace)
    when(issued(one) and authentication(one) == "none")
    sent, found = form(one).get("refresh_token"), document(one).get("refresh_token")
    if not found or found == sent:
        text = "(the same)" if found else "(absent)"
        yield evidence(one, "response.body.refresh_token", text, "another refresh token")


@requirement("ref-reuse")
def spent_token_refused(trace: Trace) -> Found:
    """A refresh token that was replaced is refused with invalid_grant."""
    one = shown(trace.last(Step.REFRESH, Purpose.SPENT_REFRESH))
    when(one.response and _rotates(trace))
    if issued(one):
        yield status_evidence(one, "400 with invalid_grant")
    elif oauth_error(one) != "invalid_grant":
        yield body_evidence(one, "invalid_grant")


@requirement("ref-invalid-grant")
def unknown_token_refused(trace: Trace) -> Found:
    """An unknown refresh token is refused with 400 and invalid_grant."""
    one = shown(trace.last(Step.REFRESH, Purpose.BOGUS_REFRESH))
    when(one.response and document(code_answer(trace)).get("refresh_token"))
    if one.status != 400:
        yield status_evidence(one, "400 with invalid_grant")
    elif oauth_error(one) != "invalid_grant":
        yield body_evidence(one, "invalid_grant")


@requirement("ref-no-widening")
def scope_not_widened(trace: Trace) -> Found:
    """A refreshed token has no scope that was not granted before."""
    one = _refresh(trace)
    before, after = document(code_answer(trace)).get("scope"), document(one).get("scope")
    when(isinstance(before, str) and isinstance(after, str))
    more = set(str(after).split()) - set(str(before).split())
    if more:
        yield evidence(one, "response.body.scope", after, str(before))


_UNSEEN = (
    unseen("ref-client-bound", "A refresh token is refused from another client.", SECOND_PARTY),
    unseen(
        "ref-offline-hint", "offline_access is announced where it gates refresh tokens.", OPTION
    ),
    unseen(
        "c-ref-replace",
        "A new refresh token replaces the old one, which is kept otherwise.",
        ours("client.connect"),
    ),
    unseen("c-ref-no-assume", "The client works without a refresh token.", ours("client.connect")),
    unseen(
        "c-ref-no-widen",
        "A refresh asks for no scope that was not granted; ours asks for none.",
        ours("client.token"),
    ),
    unseen(
        "c-ref-single-flight",
        "A refresh token is used by one request at a time.",
        ours("client.connect"),
    ),
)


def _refresh(trace: Trace) -> Exchange:
    """The first refresh that was answered."""
    return some(one for one in refreshes(trace) if one.response is not None)[0]


def _rotates(trace: Trace) -> bool:
    """True when the refresh gave another refresh token."""
    one = _refresh(trace)
    found = document(one).get("refresh_token")
    return bool(found) and found != form(one).get("refresh_token")


ROWS: tuple[Requirement, ...] = (
    refresh_works,
    resource_accepted,
    token_rotated,
    spent_token_refused,
    unknown_token_refused,
    scope_not_widened,
    *_UNSEEN,
)
