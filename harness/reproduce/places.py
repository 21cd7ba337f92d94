"""Which addresses of a recording a server can stand in for, and what it cannot do there."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.model.trace import Connection, Exchange, Failure, FailureKind, Step, Trace
from harness.model.wellknown import UrlError, host, origin
from harness.recording.file import RecordingError

_NOT_THERE = (
    FailureKind.DNS,
    FailureKind.DNS_TEMPORARY,
    FailureKind.NO_NETWORK,
    FailureKind.BLOCKED,
)
"""Failures of a name or a network, which no server can cause."""
_CLOSED_INSTEAD = {
    FailureKind.REFUSED: "refused the connection",
    FailureKind.CONNECT_TIMEOUT: "did not take the connection in time",
    FailureKind.TLS: "broke off the TLS handshake",
    FailureKind.NOT_TLS: "did not speak TLS",
    FailureKind.PROTOCOL: "sent what is not valid HTTP",
    FailureKind.OTHER: "failed in another way",
}
_EXACT = (FailureKind.REFUSED, FailureKind.TLS, FailureKind.NOT_TLS)
"""Those that a port can reproduce where every connection met them."""


@dataclass(frozen=True)
class Fault:
    """How a certificate is bad: `names` are those it is for instead of the host's."""

    expired: bool = False
    no_intermediate: bool = False
    names: tuple[str, ...] = ()
    untrusted: bool = False


def served(exchange: Exchange) -> bool:
    """True for what the recorded server answered, or left unanswered in a way of its own."""
    if exchange.step is Step.CALLBACK:
        return False
    failure = exchange.failure
    return exchange.response is not None or (failure is not None and failure.kind not in _NOT_THERE)


def recorded_origins(trace: Trace) -> tuple[str, ...]:
    """The origins to serve, that of the target first; raises RecordingError when there is none."""
    found = [*_origins(trace)]
    if not found:
        text = "holds no answer of a server, so that there is nothing to serve"
        raise RecordingError(f"{trace.recording} {text}")
    try:
        target = origin(trace.target)
    except UrlError as error:
        raise RecordingError(f"{trace.recording}, line 1: the target is {error}") from None
    return tuple(dict.fromkeys((target, *found)))


def _origins(trace: Trace) -> Iterator[str]:
    for exchange in trace.exchanges:
        if served(exchange):
            try:
                yield origin(exchange.request.url)
            except UrlError:
                continue


def at_origin(trace: Trace, place: str) -> list[Exchange]:
    """The exchanges with one origin, those with the callback left out."""
    found = []
    for exchange in trace.exchanges:
        try:
            if exchange.step is not Step.CALLBACK and origin(exchange.request.url) == place:
                found.append(exchange)
        except UrlError:
            continue
    return found


def only_failure(trace: Trace, place: str) -> FailureKind | None:
    """The failure that every request to an origin met; None where one went another way."""
    kinds = {one.failure.kind if one.failure else None for one in at_origin(trace, place)}
    answered = any(one.response is not None for one in at_origin(trace, place))
    return kinds.pop() if len(kinds) == 1 and not answered else None


def certificate_fault(trace: Trace, place: str) -> Fault | None:
    """What was wrong with the certificate at an origin; None where it was good."""
    exchanges = at_origin(trace, place)
    if only_failure(trace, place) is not FailureKind.TLS_CERTIFICATE:
        return None
    return _fault(exchanges[0].connection, exchanges[0].failure, host(place))


def _fault(connection: Connection | None, failure: Failure | None, name: str) -> Fault:
    errors = connection.verify_errors if connection else ()
    words = " ".join([*errors, failure.text if failure else ""]).lower()
    leaf = connection.certificates[0] if connection and connection.certificates else None
    if "expired" in words:
        return Fault(expired=True)
    if ("mismatch" in words or "not valid for" in words) and leaf is not None:
        return Fault(names=leaf.names or (f"other.{name}",))
    if leaf is not None and leaf.issuer_url is not None and "local issuer" in words:
        return Fault(no_intermediate=True)
    return Fault(untrusted=True)


def limits(trace: Trace) -> Iterator[str]:
    """What is not as recorded, one sentence each."""
    said = set()
    for exchange in trace.exchanges:
        if exchange.failure is None or exchange.step is Step.CALLBACK:
            continue
        kind = exchange.failure.kind
        try:
            place = origin(exchange.request.url)
        except UrlError:
            continue
        if (place, kind) in said:
            continue
        said.add((place, kind))
        if kind in _NOT_THERE:
            yield (
                f"{place} could not be reached ({kind}); no server can reproduce that, "
                "and its address stays as it was"
            )
        elif kind in _EXACT and only_failure(trace, place) is kind:
            continue
        elif kind in _CLOSED_INSTEAD and exchange.response is None:
            yield (
                f"{place} {_CLOSED_INSTEAD[kind]}; here the connection is accepted and then closed"
            )
        elif kind is FailureKind.TLS_CERTIFICATE and certificate_fault(trace, place) is None:
            yield f"{place} presented two certificates; here it is always the good one"
        elif kind is FailureKind.TOO_LARGE:
            yield f"{place} sent more than was recorded; here the answer ends where it was cut"
