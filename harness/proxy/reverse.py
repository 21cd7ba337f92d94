"""Standing in front of servers: which one a request is for, and the name it came under."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mitmproxy import http

from harness.proxy.origin import DEFAULT_PORTS, Origin, normal_host, parse_origin


@dataclass(frozen=True, kw_only=True)
class Reverse:
    """The servers behind the proxy; nothing else is ever contacted."""

    upstream: Origin
    public: Origin | None = None
    """What the upstream is called outside; None where each request says it."""
    others: Mapping[Origin, Origin] = field(default_factory=dict)
    """Further servers by their public names."""
    host: str = "127.0.0.1"
    port: int = 0

    def lead(self, flow: http.HTTPFlow) -> Origin:
        """Send a request on to its server; returns the origin it was sent to by its client.

        Nothing that the server sees is changed, the Host header included.
        """
        request = flow.request
        named = _named(request, tls=flow.client_conn.tls)
        found = next((one for one in self.others if named and one.host == named.host), None)
        local = self.others[found] if found else self.upstream
        request.data.host, request.data.port = local.host, local.port
        request.data.scheme = local.scheme.encode()
        # A target in absolute form names another server than the one it is sent to.
        request.data.authority = b""
        return found or self.public or named or self.upstream


def _named(request: http.Request, *, tls: bool) -> Origin | None:
    """The origin in the headers, those that a tunnel adds before Host."""
    headers = request.headers
    host = headers.get("x-forwarded-host", "").partition(",")[0].strip() or headers.get("host", "")
    scheme = headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    scheme = scheme if scheme in DEFAULT_PORTS else ("https" if tls else "http")
    try:
        return parse_origin(f"{scheme}://{host}")
    except ValueError:
        return None


def server_behind(url: str) -> Origin:
    """The origin of an upstream; raises ValueError with a sentence for anything else."""
    found = parse_origin(url)
    rest = url.partition("://")[2].partition("/")[2]
    if rest.strip("/"):
        raise ValueError(f"{url!r} has a path; an upstream is scheme, host and port alone")
    return Origin(found.scheme, normal_host(found.host), found.port)
