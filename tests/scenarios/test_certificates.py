"""What is wrong with a certificate is told apart."""

from pathlib import Path

import pytest
from live import checked

from harness.diagnosis.catalogue import Scenario, scenario
from harness.diagnosis.pattern import Pattern
from harness.model.network import CertificateFault, Network


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (CertificateFault.EXPIRED, "tls-untrusted-expired-hostname"),
        (CertificateFault.UNTRUSTED, "tls-untrusted-expired-hostname"),
        (CertificateFault.OTHER_HOST, "tls-sni-default-vhost"),
        (CertificateFault.MISSING_INTERMEDIATE, "tls-chain-incomplete"),
    ],
)
async def test_each_bad_certificate_has_its_own_cause(
    fault: CertificateFault, found: str, tmp_path: Path
) -> None:
    known = scenario("tls-untrusted-expired-hostname")
    assert known is not None
    pattern = Pattern(
        step=known.pattern.step,
        party=known.pattern.party,
        impact=known.pattern.impact,
        confidence=known.pattern.confidence,
        sources=known.pattern.sources,
    )
    pattern.network(lambda: Network(certificate=fault))
    bad = Scenario("bad-certificate", pattern, known.article, known.file)
    outcome = await checked(tmp_path / "run.jsonl", bad)
    assert [one.id for one in outcome.diagnosis.findings] == [found]
    assert outcome.diagnosis.unexplained == ()
