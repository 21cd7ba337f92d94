"""The proxy's own certificate authority, and the authorities it trusts upstream."""

import contextlib
import datetime
import os
import secrets
import ssl
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY_FILE = "mitmproxy-ca.pem"
"""Key and certificate; mitmproxy looks for this name."""

CERTIFICATE_FILE = "mitmproxy-ca-cert.pem"
"""The certificate alone, for clients."""

YEARS = 10


def default_confdir() -> Path:
    """The private directory that keeps the authority, under the user's cache home."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    return home / "claude-connector-harness" / "proxy"


def provide_authority(confdir: Path) -> Path:
    """Make the authority unless a good one is there, and return the file a client must trust.

    Several processes may do this at once: they take turns, and the first one makes it.
    """
    confdir.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_file, certificate_file = confdir / KEY_FILE, confdir / CERTIFICATE_FILE
    with _alone(confdir):
        certificate = _usable_certificate(key_file)
        if certificate is None:
            write_atomically(key_file, _make_authority())
            certificate = _usable_certificate(key_file)
        if certificate is None:
            raise ValueError(f"{key_file} holds no usable certificate authority")
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        if not certificate_file.exists() or certificate_file.read_bytes() != pem:
            write_atomically(certificate_file, pem)
    return certificate_file


def client_context(ca_file: Path) -> ssl.SSLContext:
    """A client context that trusts this authority and nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca_file)
    return context


def trusted_bundle(extra: Sequence[Path], directory: Path) -> Path:
    """One file with the public authorities and the given ones; raises ValueError for a bad file.

    Without extra authorities this is certifi's own file. The name differs for each call, because
    mitmproxy keeps TLS contexts by path.
    """
    if not extra:
        return Path(certifi.where())
    parts = [Path(certifi.where()).read_bytes()]
    for path in extra:
        try:
            pem = path.read_bytes()
            x509.load_pem_x509_certificates(pem)
        except (OSError, ValueError) as error:
            raise ValueError(f"Cannot read certificates from {path}: {error}") from error
        parts.append(pem)
    bundle = directory / f"trusted-{secrets.token_hex(8)}.pem"
    write_atomically(bundle, b"\n".join(parts))
    return bundle


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file in one step, readable by its owner only."""
    fresh = path.parent / f".{secrets.token_hex(8)}.tmp"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
    fresh.replace(path)


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep other processes out; without file locks (Windows) they are not kept out."""
    with (directory / ".lock").open("wb") as lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _usable_certificate(key_file: Path) -> x509.Certificate | None:
    try:
        pem = key_file.read_bytes()
        key = serialization.load_pem_private_key(pem, None)
        certificate = x509.load_pem_x509_certificates(pem)[0]
    except (OSError, ValueError, TypeError, IndexError):
        return None
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
    fits = key.public_key() == certificate.public_key()
    return certificate if fits and certificate.not_valid_after_utc > soon else None


def _make_authority() -> bytes:
    """An elliptic curve key and its self-signed certificate (RFC 5280 section 4.2), as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Claude connector harness proxy")])
    now = datetime.datetime.now(datetime.UTC)
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
