"""What the words for a request without an answer mean, as browsers and proxies write them."""

from harness.model.trace import Failure, FailureKind
from harness.model.wellknown import host

CANCELLED = frozenset({"net::ERR_ABORTED", "NS_BINDING_ABORTED", "Client disconnected."})
"""The client itself went away: nothing is said about the server."""

_MOST_WORDS = 200
_KINDS = (
    (("ERR_NAME_NOT_RESOLVED", "NS_ERROR_UNKNOWN_HOST", "Name or service not known"),
     FailureKind.DNS),
    (("ERR_CONNECTION_REFUSED", "NS_ERROR_CONNECTION_REFUSED", "Connect call failed"),
     FailureKind.REFUSED),
    (("ERR_CERT_", "Certificate verify failed"), FailureKind.TLS_CERTIFICATE),
    (("does not speak TLS",), FailureKind.NOT_TLS),
    (("ERR_SSL_", "SSL_ERROR", "TLS handshake"), FailureKind.TLS),
    (("ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_CLOSED",
      "NS_ERROR_NET_RESET", "server closed connection"), FailureKind.RESET),
    (("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK_CHANGED", "NS_ERROR_OFFLINE"),
     FailureKind.NO_NETWORK),
    (("stopped waiting", "ERR_TIMED_OUT", "ERR_CONNECTION_TIMED_OUT", "NS_ERROR_NET_TIMEOUT"),
     FailureKind.TIMEOUT),
)  # fmt: skip


def failure(url: str, words: str) -> Failure:
    """Why a request to a URL has no answer in the file; without words nothing is assumed."""
    if not words:
        return Failure(FailureKind.OTHER, f"the capture holds no answer of {host(url)}")
    line = " ".join(words.split())[:_MOST_WORDS]
    kind = next(
        (kind for signs, kind in _KINDS if any(one in words for one in signs)), FailureKind.OTHER
    )
    return Failure(kind, f"no answer of {host(url)} ({line})")
