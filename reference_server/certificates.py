"""A throw-away certificate authority and the certificate the server presents."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import trustme

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


def expired() -> Certificate:
    """A certificate that was good until yesterday."""
    authority = trustme.CA(organization_name="Reference server")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    leaf = authority.issue_cert(*HOST_NAMES, not_after=yesterday)
    return _presented(authority, leaf)


def without_intermediate() -> Certificate:
    """A certificate from an intermediate authority that the server does not present."""
    authority = trustme.CA(organization_name="Reference server")
    leaf = authority.create_child_ca().issue_cert(*HOST_NAMES)
    return _presented(authority, leaf, certificates=1)


def _presented(
    authority: trustme.CA, leaf: trustme.LeafCert, *, certificates: int | None = None
) -> Certificate:
    return Certificate(
        ca=authority.cert_pem.bytes(),
        chain=b"".join(pem.bytes() for pem in leaf.cert_chain_pems[:certificates]),
        private_key=leaf.private_key_pem.bytes(),
    )


def tls_context(certificate: Certificate) -> ssl.SSLContext:
    """A server context; it goes through a private temporary file because `ssl` reads only files."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with trustme.Blob(certificate.private_key + certificate.chain).tempfile() as path:
        context.load_cert_chain(path)
    return context
