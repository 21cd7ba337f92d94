"""Which redirect URIs a client may have, and when two are the same (RFC 8252, RFC 9700 4.1.3)."""

from urllib.parse import SplitResult, urlsplit

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
LONGEST = 2048


def acceptable(uri: str, hosts: tuple[str, ...] | None = None) -> bool:
    """True for an https URI, or an http URI on loopback, without fragment, user or wildcard.

    `hosts` narrows that to the named hosts.
    """
    parts = _split(uri)
    if parts is None or "*" in parts.netloc or "@" in parts.netloc or "#" in uri:
        return False
    host = parts.hostname or ""
    if hosts is not None and host not in hosts:
        return False
    match parts.scheme:
        case "https":
            return bool(host)
        case "http":
            return host in LOOPBACK_HOSTS
        case _:
            return False


def same(registered: str, asked: str) -> bool:
    """Equal character by character; on loopback the port may differ (RFC 8252 section 7.3)."""
    if registered == asked:
        return acceptable(asked)
    ours, theirs = _split(registered), _split(asked)
    if ours is None or theirs is None or not acceptable(asked) or not acceptable(registered):
        return False
    return (
        (ours.scheme, theirs.scheme) == ("http", "http")
        and ours.hostname == theirs.hostname
        and (ours.path, ours.query) == (theirs.path, theirs.query)
        # urlsplit lower-cases the scheme and the host, exact comparison does not.
        and asked.startswith(f"http://{_host_literal(theirs)}")
    )


def _host_literal(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host


def _split(uri: str) -> SplitResult | None:
    if len(uri) > LONGEST or not uri.isascii() or not uri.isprintable() or " " in uri:
        return None
    try:
        parts = urlsplit(uri)
        _ = parts.port  # raises when it is not a number in range
    except ValueError:
        return None
    return parts
