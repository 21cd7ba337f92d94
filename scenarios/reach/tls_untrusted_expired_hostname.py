"""The server's certificate has expired, is not trusted, or lacks this host name.

What happens
    The TLS handshake ends at the certificate, so no HTTP request is sent. Claude says that it could
    not reach the server. Whoever has clicked the warning away, or trusts the authority on this
    machine, does not notice.

Why it breaks
    Claude accepts only certificates that a public authority has signed, that are valid now, and
    that name the host of the URL (RFC 9525 section 6). There is no setting for exceptions. The
    usual reasons: renewal has stopped; a self-signed certificate or one of mkcert, of Caddy's local
    authority, of Let's Encrypt's staging server; Cloudflare's origin certificate on a host that is
    reached without Cloudflare; a certificate for `example.com` under `mcp.example.com`.

Fix
    Get a certificate for the exact name from a public authority, and have it renewed by itself. A
    wildcard covers one level only: `*.example.com` does not cover `a.b.example.com`.

    certbot: `certbot renew --dry-run` must work, and the server has to load the new file:

        certbot renew --deploy-hook "systemctl reload nginx"

    Caddy fetches one by itself for a public name; take `tls internal` out. A Cloudflare origin
    certificate needs the proxy (the orange cloud) switched on for the name.

    For Claude Code alone a private authority will do: it trusts the file that the environment
    variable `NODE_EXTRA_CA_CERTS` names.

    Look from outside at name, issuer and dates:

        openssl s_client -connect YOUR-HOST:443 -servername YOUR-HOST \\
          </dev/null 2>/dev/null | openssl x509 -noout \\
          -subject -issuer -dates -ext subjectAltName
"""

from collections.abc import Iterator

from harness.diagnosis.network import (
    UNREACHED,
    bad_certificate,
    leaf_alone,
    other_site,
)
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.network import CertificateFault, Network
from harness.model.trace import Connection, Step, Trace
from harness.model.verdict import (
    Confidence,
    Effect,
    Evidence,
    Impact,
    Party,
    Shows,
    Source,
    Surface,
)

_SELF_SIGNED = Source("github.com/anthropics/claude-code/issues/2899", seen="2025-07-03")

pattern = Pattern(
    step=Step.REACH,
    party=Party.SERVER,
    impact={
        Surface.CLAUDE_AI: Impact.BREAKS,
        Surface.CLAUDE_CODE: Effect(Impact.BREAKS, Confidence.OBSERVED, _SELF_SIGNED),
    },
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.DOCUMENTED,
    reports=2,
    explains=UNREACHED,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/134", seen="2026-06-07"),
        Source("github.com/anthropics/claude-ai-mcp/issues/457", seen="2026-06-25"),
        _SELF_SIGNED,
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    found = bad_certificate(trace)
    if found is None:
        return
    exchange, connection = found
    errors = [one for one in connection.verify_errors if not _elsewhere(one, connection)]
    for one in errors:
        yield evidence(exchange, "connection.verify_errors", one, "a valid certificate")
    if errors and connection.certificates:
        leaf = connection.certificates[0]
        yield evidence(exchange, "connection.certificates.0.not_after", leaf.not_after)
        yield evidence(exchange, "connection.certificates.0.issuer", leaf.issuer)
        names = ", ".join(leaf.names) or "(none)"
        yield evidence(exchange, "connection.certificates.0.names", names)


def _elsewhere(error: str, connection: Connection) -> bool:
    """True for an error that is a failure of its own: an incomplete chain, another site."""
    if "mismatch" in error:
        return other_site(connection)
    return ("local issuer" in error or "first cert" in error) and leaf_alone(connection)


@pattern.network
def network() -> Network:
    return Network(certificate=CertificateFault.EXPIRED)
