"""The bundled reference server as a target, bent by the faults of known failures."""

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.diagnosis.catalogue import Scenario
from harness.model.answer import Answer, Asked, BendAnswer, BendRequest
from harness.model.network import CertificateFault, Network
from harness.model.wellknown import origin
from reference_server import certificates
from reference_server.certificates import Certificate
from reference_server.serve import running, serve_forever
from reference_server.settings import Settings


@dataclass(frozen=True)
class Reference:
    """Where the running server is published, and what it takes to reach it there."""

    target: str
    maps: tuple[tuple[str, str], ...]
    ca_files: tuple[Path, ...]
    network: Network


@asynccontextmanager
async def reference(faults: Sequence[Scenario] = ()) -> AsyncIterator[Reference]:
    """Run the reference server with these faults until the block ends."""
    settings = _settings(faults)
    network = _network(faults)
    with tempfile.TemporaryDirectory(prefix="harness-reference-") as folder:
        async with running(
            settings,
            bend_answer=_bend_answer(faults),
            bend_request=_bend_request(faults),
            certificate=_certificate(network.certificate),
        ) as server:
            ca_file = Path(folder) / "ca.pem"
            ca_file.write_bytes(server.ca_pem)
            public = (settings.resource, settings.issuer, "https://www.mcp.reference.test")
            maps = dict.fromkeys(origin(one) for one in public)
            trusted = network.certificate is not CertificateFault.UNTRUSTED
            yield Reference(
                settings.resource,
                tuple((one, server.origin) for one in maps),
                (ca_file,) if trusted else (),
                network,
            )


def serve_reference(faults: Sequence[Scenario], *, port: int, tls: bool) -> None:
    """Serve in the foreground until interrupted, and say where; raises OSError for a taken port."""
    serve_forever(
        _settings(faults),
        port=port,
        tls=tls,
        bend_answer=_bend_answer(faults),
        bend_request=_bend_request(faults),
    )


def _settings(faults: Sequence[Scenario]) -> Settings:
    settings = Settings()
    for one in faults:
        if one.pattern.settings_fault is not None:
            settings = _replaced(settings, one.pattern.settings_fault())
    return settings


def _network(faults: Sequence[Scenario]) -> Network:
    """The network faults of several scenarios as one; for the same host the last one counts."""
    network = Network()
    for one in faults:
        if one.pattern.network_fault is not None:
            more = one.pattern.network_fault()
            network = Network(
                answers={**network.answers, **more.answers},
                connects={**network.connects, **more.connects},
                delays={**network.delays, **more.delays},
                certificate=more.certificate or network.certificate,
            )
    return network


def _certificate(fault: CertificateFault | None) -> Certificate | None:
    """The certificate to present; None for one that is good."""
    match fault:
        case CertificateFault.EXPIRED:
            return certificates.expired()
        case CertificateFault.OTHER_HOST:
            return certificates.issue("other.reference.invalid")
        case CertificateFault.MISSING_INTERMEDIATE:
            return certificates.without_intermediate()
        case _:
            return None


def _replaced(settings: Settings, values: Mapping[str, object]) -> Settings:
    """The settings with some values replaced; names are checked, types are the scenario's word."""
    known: dict[str, Any] = dict(values)
    return replace(settings, **known)


def _bend_answer(faults: Sequence[Scenario]) -> BendAnswer | None:
    bends = [one.pattern.answer_fault for one in faults if one.pattern.answer_fault]

    def bend(asked: Asked, answer: Answer) -> Answer:
        for one in bends:
            bent = one(asked, answer)
            if bent.status // 100 != answer.status // 100:
                # Whoever refuses has the last word: what lies behind is not reached any more.
                return bent
            answer = bent
        return answer

    return bend if bends else None


def _bend_request(faults: Sequence[Scenario]) -> BendRequest | None:
    bends = [one.pattern.request_fault for one in faults if one.pattern.request_fault]

    def bend(asked: Asked) -> Asked:
        for one in bends:
            asked = one(asked)
        return asked

    return bend if bends else None
