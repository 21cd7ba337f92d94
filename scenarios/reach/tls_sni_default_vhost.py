"""The TLS certificate is that of another site.

What happens
    The certificate is for other domains and not for this host. Claude ends the connection there and
    says that it could not reach the server.

Why it breaks
    Several sites share an address, and the one meant is chosen by the name in the TLS hello (SNI,
    RFC 6066 section 3). For a name that no site is configured for, the first or default one
    answers, with its own certificate. Or the DNS record leads to the wrong machine: an old hoster,
    a parking page, a CDN that does not know the name yet. No report of this from Claude is known;
    that it cannot work follows from the certificate check.

Fix
    Give the host name a site of its own with a certificate for it, and reload.

    nginx: a `server` block with `listen 443 ssl`, `server_name YOUR-HOST` and its own
    `ssl_certificate`. Apache: a `VirtualHost *:443` with `ServerName YOUR-HOST`. Traefik: a router
    with the rule ``Host(`YOUR-HOST`)`` and TLS enabled. At a CDN the name has to be added to the
    distribution or to the custom domains, not to the DNS alone.

    Look which site answers, with and without the name. The first must name your host:

        openssl s_client -connect YOUR-HOST:443 -servername YOUR-HOST \\
          </dev/null 2>/dev/null \\
          | openssl x509 -noout -subject -ext subjectAltName
        openssl s_client -connect YOUR-HOST:443 -noservername \\
          </dev/null 2>/dev/null \\
          | openssl x509 -noout -subject
"""

from collections.abc import Iterator

from harness.diagnosis.network import UNREACHED, bad_certificate, by_claude, other_site
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.network import CertificateFault, Network
from harness.model.trace import FailureKind, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Shows, Source, Surface
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.REACH,
    party=Party.SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    claude_shows=Shows.COULD_NOT_REACH,
    confidence=Confidence.SPECIFICATION,
    reports=0,
    explains=UNREACHED,
    sources=(
        Source("RFC 6066 section 3", seen="2011-01"),
        Source("RFC 9110 section 4.3.4", seen="2022-06"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    found = bad_certificate(trace)
    if found is not None and other_site(found[1]):
        exchange, connection = found
        names = ", ".join(connection.certificates[0].names) or "(none)"
        yield evidence(exchange, "connection.certificates.0.names", names, connection.host)
        yield evidence(exchange, "connection.sni", connection.sni or "(not sent)")
        return
    for one in by_claude(trace):
        failure = one.failure
        # The alert by which a server refuses a name (RFC 6066 section 3).
        if failure and failure.kind is FailureKind.TLS and "unrecognized name" in failure.text:
            yield evidence(one, "failure", failure.text, "a certificate for this name")
            return


@pattern.network
def network() -> Network:
    return Network(certificate=CertificateFault.OTHER_HOST)
