"""Origins: scheme, host and port in one spelling."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origin:
    """A web origin (RFC 6454 section 4); `host` has no brackets, no final dot and is lower case."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        if self.port == DEFAULT_PORTS.get(self.scheme):
            return f"{self.scheme}://{bracketed(self.host)}"
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}"


def parse_origin(url: str) -> Origin:
    """The origin of an http(s) URL; raises ValueError with a sentence for the user."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise ValueError(f"{url!r} is not an http or https address")
    if not parts.hostname:
        raise ValueError(f"{url!r} names no host")
    # urlsplit raises ValueError itself for a port that is no port.
    port = DEFAULT_PORTS[scheme] if parts.port is None else parts.port
    return Origin(scheme, normal_host(parts.hostname), port)


def normal_host(host: str) -> str:
    """One spelling per host: lower case, ASCII, without brackets and final dot."""
    bare = host.strip("[]").rstrip(".").lower()
    try:
        return ip_address(bare).compressed
    except ValueError:
        pass
    if bare.isascii():
        return bare
    try:
        return bare.encode("idna").decode("ascii")
    except UnicodeError:
        return bare


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def is_address(host: str) -> bool:
    """True when the host is an IP address and needs no resolver."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
