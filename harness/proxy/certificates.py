"""The certificates a server presents, kept also when they do not verify."""

import datetime
from collections.abc import Callable, Iterable
from typing import Any

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID
from mitmproxy.tls import TlsData
from OpenSSL import SSL, crypto

from harness.model.trace import Certificate
from harness.proxy.dial import Dial

MOST_CERTIFICATES = 10
MOST_NAMES = 100
MOST_CHARACTERS = 500

type FindDial = Callable[[TlsData], Dial | None]


class PresentedCertificates:
    """An addon, to be placed after TlsConfig, that fills in what TLS showed of a connection."""

    def __init__(self, dial_of: FindDial) -> None:
        self._dial_of = dial_of

    def tls_start_server(self, data: TlsData) -> None:
        dial = self._dial_of(data)
        if dial is None or data.ssl_conn is None:
            return

        def verify(_conn: object, found: crypto.X509, errno: int, depth: int, ok: int) -> bool:
            # Noting only: the answer stays what OpenSSL made of it.
            if not ok and len(dial.verify_errors) < MOST_CERTIFICATES:
                dial.verify_errors.append(_verify_error(found, errno, depth))
            return bool(ok)

        data.ssl_conn.set_verify(SSL.VERIFY_PEER, verify)

    def tls_established_server(self, data: TlsData) -> None:
        if dial := self._dial_of(data):
            dial.certificates = describe_chain(
                certificate.to_cryptography() for certificate in data.conn.certificate_list
            )

    def tls_failed_server(self, data: TlsData) -> None:
        dial = self._dial_of(data)
        if dial is None:
            return
        dial.tls_error = data.conn.error or "the handshake failed"
        if data.ssl_conn is None:
            return
        chain = data.ssl_conn.get_peer_cert_chain() or []
        parsed = [certificate for found in chain if (certificate := _parsed(found))]
        dial.certificates = describe_chain(parsed)
        dial.verify_errors += _date_errors(parsed, known=dial.verify_errors)


def describe_chain(chain: Iterable[x509.Certificate]) -> tuple[Certificate, ...]:
    """Certificates as plain data, leaf first; what cannot be read is left out."""
    described = []
    for _, certificate in zip(range(MOST_CERTIFICATES), chain, strict=False):
        try:
            described.append(describe(certificate))
        except (ValueError, x509.UnsupportedGeneralNameType):
            continue
    return tuple(described)


def describe(certificate: x509.Certificate) -> Certificate:
    """One certificate as plain data; raises ValueError when it is malformed."""
    subject = certificate.subject.rfc4514_string()
    issuer = certificate.issuer.rfc4514_string()
    return Certificate(
        subject=subject[:MOST_CHARACTERS],
        issuer=issuer[:MOST_CHARACTERS],
        names=_names(certificate)[:MOST_NAMES],
        not_before=certificate.not_valid_before_utc.isoformat(),
        not_after=certificate.not_valid_after_utc.isoformat(),
        self_signed=certificate.subject == certificate.issuer,
        issuer_url=_issuer_url(certificate),
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The subject alternative names a TLS client compares (RFC 9525 section 6)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    names = [*found.get_values_for_type(x509.DNSName)]
    names += map(str, found.get_values_for_type(x509.IPAddress))
    return tuple(name[:MOST_CHARACTERS] for name in names)


def _issuer_url(certificate: x509.Certificate) -> str | None:
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except x509.ExtensionNotFound:
        return None
    places = (
        one.access_location.value[:MOST_CHARACTERS]
        for one in found.value
        if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    )
    return next(places, None)


def _parsed(found: crypto.X509) -> x509.Certificate | None:
    try:
        return found.to_cryptography()
    except (ValueError, TypeError):
        return None


def _verify_error(found: crypto.X509, errno: int, depth: int) -> str:
    words: Any = SSL._lib.X509_verify_cert_error_string(errno)  # type: ignore[attr-defined]
    text = SSL._ffi.string(words).decode(errors="replace")  # type: ignore[attr-defined]
    return f"depth {depth}: {text} (error {errno}, {_common_name(_parsed(found))})"


def _date_errors(chain: Iterable[x509.Certificate], *, known: list[str]) -> list[str]:
    """Validity errors that OpenSSL did not come to, because it stops at the first error."""
    now = datetime.datetime.now(datetime.UTC)
    said = " ".join(known)
    errors = []
    for depth, certificate in enumerate(chain):
        if certificate.not_valid_after_utc < now and "expired" not in said:
            errors.append(f"depth {depth}: certificate has expired ({_common_name(certificate)})")
        if certificate.not_valid_before_utc > now and "not yet valid" not in said:
            errors.append(f"depth {depth}: certificate is not yet valid")
    return errors[:MOST_CERTIFICATES]


def _common_name(certificate: x509.Certificate | None) -> str:
    if certificate is None:
        return "unreadable certificate"
    try:
        return certificate.subject.rfc4514_string()[:MOST_CHARACTERS]
    except ValueError:
        return "unreadable subject"
