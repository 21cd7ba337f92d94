"""The proxy's certificate authority on disk."""

import os
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import certifi
import pytest
import trustme
from cryptography import x509

from harness.proxy.authority import (
    CERTIFICATE_FILE,
    KEY_FILE,
    client_context,
    default_confdir,
    provide_authority,
    trusted_bundle,
)


def test_the_key_is_private_and_the_authority_is_kept(tmp_path: Path) -> None:
    confdir = tmp_path / "new" / "proxy"
    ca_file = provide_authority(confdir)
    key = (confdir / KEY_FILE).read_bytes()
    assert ca_file == confdir / CERTIFICATE_FILE
    assert b"PRIVATE" in key
    assert b"PRIVATE" not in ca_file.read_bytes()
    assert stat.S_IMODE((confdir / KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(confdir.stat().st_mode) == 0o700
    assert provide_authority(confdir) == ca_file
    assert (confdir / KEY_FILE).read_bytes() == key


@pytest.mark.parametrize("broken", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_broken_authority_is_replaced(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(broken)
    ca_file = provide_authority(tmp_path)
    assert client_context(ca_file).cert_store_stats()["x509_ca"] == 1


@pytest.mark.parametrize("before", [None, b"broken"])
def test_processes_that_start_together_agree(tmp_path: Path, before: bytes | None) -> None:
    if before is not None:
        (tmp_path / KEY_FILE).write_bytes(before)
    code = (
        "import sys, hashlib; from pathlib import Path;"
        "from harness.proxy.authority import provide_authority;"
        "sys.stdin.readline();"
        "print(hashlib.sha256(provide_authority(Path(sys.argv[1])).read_bytes()).hexdigest())"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("\n")
        run.stdin.flush()
    told = {run.communicate()[0] for run in runs}
    assert len(told) == 1
    assert sorted(os.listdir(tmp_path)) == [".lock", CERTIFICATE_FILE, KEY_FILE]
    key_pem = (tmp_path / KEY_FILE).read_bytes()
    kept = x509.load_pem_x509_certificates(key_pem)
    assert kept == x509.load_pem_x509_certificates((tmp_path / CERTIFICATE_FILE).read_bytes())


def test_strict_clients_accept_the_authority(tmp_path: Path) -> None:
    context = client_context(provide_authority(tmp_path))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    certificate = x509.load_pem_x509_certificate((tmp_path / CERTIFICATE_FILE).read_bytes())
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca


def test_the_directory_is_under_the_cache_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/cache")
    assert default_confdir().is_relative_to("/somewhere/cache")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_confdir().is_relative_to(Path.home() / ".cache")


def test_bundle(tmp_path: Path) -> None:
    assert trusted_bundle([], tmp_path) == Path(certifi.where())
    extra = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(extra))
    first, second = trusted_bundle([extra], tmp_path), trusted_bundle([extra], tmp_path)
    assert first != second
    public = len(x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes()))
    assert len(x509.load_pem_x509_certificates(first.read_bytes())) == public + 1
