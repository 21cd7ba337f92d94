"""What is wrong with a certificate is told apart."""

from pathlib import Path

import pytest
from live import checked, emptied

from harness.diagnosis.catalogue import scenario
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
    bad = emptied(known)
    bad.pattern.network(lambda: Network(certificate=fault))
    outcome = await checked(tmp_path / "run.jsonl", bad)
    assert [one.id for one in outcome.diagnosis.findings] == [found]
    assert outcome.diagnosis.unexplained == ()
