"""Contract rows about what the token endpoint answers, at first and when refreshing."""

from collections.abc import Iterator

from harness.diagnosis.contract import Row
from harness.diagnosis.reading import body_evidence, evidence, status_evidence
from harness.diagnosis.token_endpoint import dead_token_misanswered, ends_for_good
from harness.model.trace import Step, Trace
from harness.model.verdict import Evidence, Impact


def _renewable(trace: Trace) -> Iterator[Evidence]:
    answer = ends_for_good(trace)
    if answer is not None:
        yield evidence(answer, "response.body.refresh_token", "(absent)", "a refresh token")


def dead_token(trace: Trace) -> Iterator[Evidence]:
    """The refusal of a refresh token nobody issued, when it is not `invalid_grant`."""
    answer = dead_token_misanswered(trace)
    if answer is not None:
        yield status_evidence(answer, "400 with invalid_grant")
        yield body_evidence(answer)


_AUTH = "claude.com/docs/connectors/building/authentication"

ROWS: tuple[Row, ...] = (
    Row(
        id="refresh.possible",
        step=Step.REFRESH,
        title="the token expires, and no refresh token was issued",
        source=_AUTH,
        check=_renewable,
        impact=Impact.DEGRADES,
    ),
    Row(
        id="refresh.dead-token",
        step=Step.REFRESH,
        title="a dead refresh token is not refused with invalid_grant",
        source=_AUTH,
        check=dead_token,
        impact=Impact.DEGRADES,
    ),
)
