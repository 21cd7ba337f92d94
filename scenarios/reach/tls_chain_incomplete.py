"""The certificate has an unknown issuer, and no intermediate certificate comes with it.

What happens
    Browsers show a lock, and Claude says that it could not reach the server. The server presents
    one certificate, and its issuer is none of the authorities that are trusted directly.

Why it breaks
    Public authorities sign through an intermediate certificate, and the server has to send it along
    (RFC 8446 section 4.4.2). Browsers fetch a missing one or have it from another site. Claude does
    neither: it wants a complete chain.

    A certificate from an authority of your own looks the same on the wire: one certificate, issuer
    unknown. The name of the issuer in the evidence decides. A public authority (Let's Encrypt,
    DigiCert, Sectigo, Google Trust Services): the chain is incomplete. Your own or your company's:
    nobody outside trusts it, and a longer chain does not help.

Fix
    Serve the full chain, the server's certificate first.

    certbot writes it to `fullchain.pem`; `cert.pem` is the one certificate alone. nginx:
    `ssl_certificate .../fullchain.pem`. Apache since 2.4.8: the chain in `SSLCertificateFile`.
    Kubernetes: the whole chain in `tls.crt` of the secret. Bought certificates: append the
    authority's bundle. Reload afterwards.

    This must list two or more certificates and end with code 0:

        openssl s_client -connect YOUR-HOST:443 -servername YOUR-HOST \\
          -showcerts </dev/null \\
          | grep -E '^ *[0-9]+ s:|Verify return code'
"""

from collections.abc import Iterator

from harness.diagnosis.network import UNREACHED, bad_certificate, leaf_alone
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.network import CertificateFault, Network
from harness.model.trace import Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REACH,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.DOCUMENTED,
    reports=2,
    explains=UNREACHED,
    sources=(
        Source("github.com/anthropics/claude-ai-mcp/issues/457", seen="2026-06-25"),
        Source("github.com/anthropics/claude-ai-mcp/issues/479", seen="2026-06-25"),
        Source("github.com/anthropics/claude-ai-mcp/issues/134", seen="2026-06-07"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    found = bad_certificate(trace)
    if found is None or not leaf_alone(found[1]):
        return
    exchange, connection = found
    leaf = connection.certificates[0]
    yield evidence(exchange, "connection.certificates", "1 certificate", "the whole chain")
    yield evidence(exchange, "connection.certificates.0.issuer", leaf.issuer)
    yield evidence(exchange, "connection.verify_errors", connection.verify_errors[0])


@pattern.network
def network() -> Network:
    return Network(certificate=CertificateFault.MISSING_INTERMEDIATE)
