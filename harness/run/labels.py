"""What mitmweb's page says beside the exchanges of a run."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from harness.model.trace import Exchange
from harness.model.verdict import Diagnosis, Evidence, Impact, Verdict
from harness.run.session import Outcome

_MOST = 300
_MOST_WHO = 80


class Page(Protocol):
    """A page that shows the exchanges of the proxy."""

    def annotate(self, captured_id: str, text: str, worst: Impact | None) -> None: ...


def label(page: Page, ids: Mapping[int, str], exchange: Exchange, who: str) -> None:
    """Say what an exchange of somebody is, as soon as it has come."""
    lost = exchange.response is None or exchange.response.status >= 500
    text = _what(exchange, who)
    page.annotate(ids.get(exchange.n, ""), text, Impact.BREAKS if lost else None)


def label_judged(page: Page, ids: Mapping[int, str], outcome: Outcome, who: str) -> None:
    """Say beside every exchange what the report holds against it."""
    for exchange in outcome.trace.exchanges:
        told = list(_said(outcome.diagnosis, exchange.n))
        text = "; ".join((_what(exchange, who), *(said for said, _ in told)))
        worst = min((impact for _, impact in told), key=lambda one: one.severity, default=None)
        page.annotate(ids.get(exchange.n, ""), _bounded(text), worst)


def _what(exchange: Exchange, who: str) -> str:
    asked = dict.fromkeys((str(exchange.step), str(exchange.purpose)))
    return f"{', '.join(asked)}: exchange {exchange.n} of {who[:_MOST_WHO]}"


def _said(diagnosis: Diagnosis, number: int) -> Iterator[tuple[str, Impact]]:
    """What a diagnosis holds against an exchange, and how bad that is."""
    for finding in diagnosis.findings:
        if spots := _spots(finding.evidence, number):
            yield f"{finding.id} ({finding.title}) {spots}", finding.impact
    for row in diagnosis.unexplained:
        if spots := _spots(row.evidence, number):
            yield f"not a known pattern: {row.title} {spots}", row.impact
    if diagnosis.verdict is Verdict.FAILS and number == _last(diagnosis):
        yield "the connection stops here", Impact.BREAKS


def _last(diagnosis: Diagnosis) -> int | None:
    """The last exchange of the step at which a connection stopped."""
    at = (one.exchanges for one in diagnosis.steps if one.step is diagnosis.stopped_at)
    return max(next(at, ()), default=None)


def _spots(evidence: tuple[Evidence, ...], number: int) -> str:
    places = dict.fromkeys(one.place for one in evidence if one.exchange == number)
    return f"at {', '.join(places)}" if places else ""


def _bounded(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"
