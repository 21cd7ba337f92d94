"""Every check is silent on a healthy trace and fires where one exchange is bent."""

import cases_calls
import cases_client
import cases_discovery
import pytest
from bends import at, bend, body
from cases import INITIALIZE, PROMPTS, TOOLS, Case

from harness.model.trace import Exchange, Step, Trace
from harness.specification.assess import Standing, assess
from harness.specification.calls import negotiated
from harness.specification.catalogue import requirements

CASES = [*cases_discovery.CASES, *cases_client.CASES, *cases_calls.CASES]


def violated(trace: Trace, revision: str | None) -> set[str]:
    found = assess(trace, revision)
    assert found.standing(Standing.FAILED) == ()
    return {one.requirement.id for one in found.violated}


@pytest.mark.parametrize(
    "one", [pytest.param(each, id=f"{n}-{each.id}") for n, each in enumerate(CASES)]
)
def test_a_bent_exchange_violates_its_requirement(
    one: Case, stateless: Trace, handshake: Trace
) -> None:
    trace = stateless if one.era == "stateless" else handshake
    # What was agreed on must not change with the exchange that is bent.
    revision = one.revision or str(negotiated(trace))
    before, after = violated(trace, revision), violated(one.bend(trace), revision)
    assert after - before == {one.id} | one.also


def test_every_check_is_proven_to_fire() -> None:
    checked = {one.id for one in requirements() if one.check is not None}
    # The stream of the official SDK begins with its answer, so this one fires unbent.
    assert {one.id for one in CASES} == checked - {"sh-sse-prime"}


def test_a_stream_that_can_be_resumed_begins_with_an_id(handshake: Trace) -> None:
    assert "sh-sse-prime" in violated(handshake, None)
    streamed = handshake
    for pick in (INITIALIZE, TOOLS, PROMPTS, at(Step.SESSION), at(Step.REFRESH)):
        streamed = bend(pick, _primed)(streamed)
    assert "sh-sse-prime" not in violated(streamed, None)


def _primed(one: Exchange) -> Exchange:
    stream = one.response is not None and one.response.media_type == "text/event-stream"
    first = b"id: %d\r\ndata:\r\n\r\n" % one.n
    return body(first + _body(one))(one) if stream and not _body(one).startswith(b"id:") else one


def _body(exchange: Exchange) -> bytes:
    assert exchange.response is not None
    return exchange.response.body
