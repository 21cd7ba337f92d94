"""The tab that shows where the time went and how the peer was reached."""

from collections.abc import Iterator

from textual.content import Content

from harness.model.trace import Certificate, Connection, Exchange
from harness.tui.lines import styled, wrapped
from harness.tui.tones import MUTED

_BAR = 24
_PHASES = ("dns", "connect", "tls", "wait", "read")


def timing_lines(exchange: Exchange, width: int) -> list[Content]:
    """A bar per phase, then the connection and the certificates."""
    lines = [*_phases(exchange)]
    if exchange.connection is not None:
        lines.append(Content(""))
        for label, text in _connection(exchange.connection):
            first = Content.styled(f"{label:<14}", "$text-accent")
            lines += wrapped(first, styled(text), width)
    return lines


def _phases(exchange: Exchange) -> Iterator[Content]:
    timing = exchange.timing
    values = {name: getattr(timing, name) for name in _PHASES}
    longest = max((value for value in values.values() if value), default=0.0)
    for name, value in values.items():
        label = (f"{name:<14}", "$text-accent")
        if value is None:
            yield Content.assemble(label, ("       -", MUTED))
            continue
        length = round(value / longest * _BAR) if longest else 0
        yield Content.assemble(label, f"{value:>8.1f} ms  ", ("━" * max(length, 1), "$text-accent"))
    yield Content.assemble((f"{'total':<14}", "bold"), (f"{timing.total:>8.1f} ms", "bold"))


def _connection(one: Connection) -> Iterator[tuple[str, str]]:
    yield "host", f"{one.host}:{one.port}"
    if one.mapped_to:
        yield "mapped to", one.mapped_to
    if one.addresses:
        yield "addresses", ", ".join(one.addresses)
    if one.peer:
        yield "connected to", one.peer
    if one.tls_version:
        yield "TLS", one.tls_version
    for error in one.verify_errors:
        yield "not trusted", error
    for number, certificate in enumerate(one.certificates, start=1):
        yield f"certificate {number}", _certificate(certificate)


def _certificate(one: Certificate) -> str:
    names = ", ".join(one.names[:6]) + (" …" if len(one.names) > 6 else "")
    signed = "self-signed" if one.self_signed else f"issued by {one.issuer}"
    return f"{one.subject}, {signed}, {one.not_before} to {one.not_after}, for {names or 'no name'}"
