import ssl

from cryptography import x509

from reference_server.certificates import HOST_NAMES, issue, tls_context


def test_the_leaf_is_issued_by_the_authority_for_every_name() -> None:
    certificate = issue()
    leaf = x509.load_pem_x509_certificates(certificate.chain)[0]
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(certificate.ca))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    hosts = names.get_values_for_type(x509.DNSName)
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    assert sorted([*hosts, *addresses]) == sorted(HOST_NAMES)


def test_each_certificate_has_its_own_authority() -> None:
    assert issue("a.test").ca != issue("a.test").ca


def test_a_handshake_verifies_the_name() -> None:
    certificate = issue("a.test")
    theirs = ssl.create_default_context(cadata=certificate.ca.decode())
    assert _handshake(tls_context(certificate), theirs, "a.test")
    assert not _handshake(tls_context(certificate), theirs, "b.test")


def _handshake(ours: ssl.SSLContext, theirs: ssl.SSLContext, name: str) -> bool:
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = ours.wrap_bio(up, down, server_side=True)
    client = theirs.wrap_bio(down, up, server_hostname=name)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return client.cipher() is not None
