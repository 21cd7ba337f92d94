"""A throw-away certificate authority and the certificate the server presents."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID

HOST_NAMES = (
    "mcp.reference.test",
    "auth.reference.test",
    "www.mcp.reference.test",
    "*.reference.test",
    "localhost",
    "127.0.0.1",
)


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What a TLS server presents, and the authority that vouches for it; all PEM."""

    ca: bytes
    chain: bytes
    """Leaf first."""
    private_key: bytes


def issue(*host_names: str) -> Certificate:
    """A certificate for the host names, from an authority made for it alone."""
    authority = trustme.CA(organization_name="Reference server")
    return _presented(authority, authority.issue_cert(*(host_names or HOST_NAMES)))


def expired(*host_names: str) -> Certificate:
    """A certificate that was good until yesterday."""
    authority = trustme.CA(organization_name="Reference server")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    leaf = authority.issue_cert(*(host_names or HOST_NAMES), not_after=yesterday)
    return _presented(authority, leaf)


def without_intermediate(*host_names: str) -> Certificate:
    """A certificate from an intermediate authority that the server does not present."""
    authority = trustme.CA(organization_name="Reference server")
    intermediate = authority.create_child_ca()
    leaf = intermediate.issue_cert(*(host_names or HOST_NAMES))
    return Certificate(
        ca=authority.cert_pem.bytes(),
        chain=_with_issuer_url(leaf, intermediate),
        private_key=leaf.private_key_pem.bytes(),
    )


def _with_issuer_url(leaf: trustme.LeafCert, issuer: trustme.CA) -> bytes:
    """The leaf signed anew with the extension that certificates of public authorities carry."""
    signed = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    builder = (
        x509.CertificateBuilder()
        .subject_name(signed.subject)
        .issuer_name(signed.issuer)
        .public_key(signed.public_key())
        .serial_number(signed.serial_number)
        .not_valid_before(signed.not_valid_before_utc)
        .not_valid_after(signed.not_valid_after_utc)
    )
    for one in signed.extensions:
        builder = builder.add_extension(one.value, critical=one.critical)
    # RFC 5280 section 4.2.2.1.
    place = x509.UniformResourceIdentifier("http://authority.reference.test/intermediate.cer")
    access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)
    builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    key = serialization.load_pem_private_key(issuer.private_key_pem.bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _presented(authority: trustme.CA, leaf: trustme.LeafCert) -> Certificate:
    return Certificate(
        ca=authority.cert_pem.bytes(),
        chain=b"".join(pem.bytes() for pem in leaf.cert_chain_pems),
        private_key=leaf.private_key_pem.bytes(),
    )


def tls_context(certificate: Certificate) -> ssl.SSLContext:
    """A server context; it goes through a private temporary file because `ssl` reads only files."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with trustme.Blob(certificate.private_key + certificate.chain).tempfile() as path:
        context.load_cert_chain(path)
    return context
