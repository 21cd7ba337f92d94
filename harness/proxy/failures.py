"""Failures in words: what an error of the resolver, the socket, TLS or HTTP means."""

import errno
import re
import socket

from harness.model.trace import Failure, FailureKind

MOST_WORDS = 300
"""Characters of a peer's or a library's own words that are quoted."""

_UNKNOWN_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})

_NO_NETWORK = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}
)


class DialFailedError(Exception):
    """No connection came about; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


def dns_failure(host: str, error: OSError | UnicodeError) -> Failure:
    """What a resolver error means."""
    words = quoted(str(error))
    if isinstance(error, UnicodeError):
        return Failure(FailureKind.DNS, f"{host} is not a valid host name ({words})")
    if error.errno in _UNKNOWN_NAME:
        return Failure(FailureKind.DNS, f"The name {host} does not exist in DNS ({words})")
    return Failure(
        FailureKind.DNS_TEMPORARY,
        f"The DNS server could not answer for {host} at this moment ({words})",
    )


def connect_failure(host: str, place: str, error: OSError) -> Failure:
    """What a socket error before the connection stood means; `place` is address and port."""
    words = quoted(str(error))
    if error.errno == errno.ECONNREFUSED:
        text = f"{place} refused the connection for {host}: nothing listens on that port ({words})"
        return Failure(FailureKind.REFUSED, text)
    if error.errno in _NO_NETWORK:
        text = f"No way through the network to {place} for {host} ({words})"
        return Failure(FailureKind.NO_NETWORK, text)
    if error.errno == errno.ETIMEDOUT:
        text = f"{place} did not answer the connection attempt for {host} ({words})"
        return Failure(FailureKind.CONNECT_TIMEOUT, text)
    if error.errno in (errno.ECONNRESET, errno.ECONNABORTED):
        text = f"{place} reset the connection for {host} while it opened ({words})"
        return Failure(FailureKind.RESET, text)
    return Failure(FailureKind.OTHER, f"Could not connect to {place} for {host} ({words})")


def tls_failure(host: str, words: str, *, reset: bool = False) -> Failure:
    """What mitmproxy's words for a failed handshake mean."""
    if words.startswith("Certificate verify failed"):
        reason = words.partition(": ")[2]
        text = f"The certificate that {host} presents is not valid: {quoted(reason)}"
        return Failure(FailureKind.TLS_CERTIFICATE, text)
    if "does not speak TLS" in words:
        text = f"{host} does not speak TLS on this port; it may be a plain HTTP server"
        return Failure(FailureKind.NOT_TLS, f"{text} ({quoted(words)})")
    if words == "connection closed":
        how = "reset" if reset else "closed"
        text = f"{host} {how} the connection during the TLS handshake ({words})"
        return Failure(FailureKind.TLS, text)
    return Failure(FailureKind.TLS, f"The TLS handshake with {host} failed ({quoted(words)})")


def http_failure(host: str, words: str, *, answered: bool, reset: bool = False) -> Failure:
    """What mitmproxy's words for a broken HTTP exchange mean.

    `answered` says that the response headers had come.
    """
    if words == "Connection killed.":
        text = f"The exchange with {host} was stopped by hand, on mitmproxy's page"
        return Failure(FailureKind.OTHER, text)
    how = "reset" if reset else "closed"
    if "incomplete chunked read" in words or "without sending complete message body" in words:
        text = f"{host} {how} the connection in the middle of the response body"
        return Failure(FailureKind.RESET, f"{text} ({quoted(words)})")
    if words == "server closed connection":
        text = f"{host} {how} the connection without a response"
        return Failure(FailureKind.RESET, f"{text} ({words})")
    if re.match(r"unexpected server response: b['\"]HTTP/", words):
        text = f"{host} {how} the connection in the middle of the response headers"
        return Failure(FailureKind.RESET, f"{text} ({quoted(words)})")
    part = "response body" if answered else "response"
    text = f"{host} sent a {part} that is not valid HTTP"
    return Failure(FailureKind.PROTOCOL, f"{text} ({quoted(words)})")


def quoted(words: str) -> str:
    """Somebody else's words, on one line and of bounded length."""
    line = " ".join(words.split())
    return line if len(line) <= MOST_WORDS else f"{line[:MOST_WORDS]}..."
