"""Well-known metadata addresses, and how resources and issuers are compared."""

import re
from urllib.parse import SplitResult, parse_qsl, urlsplit

from harness.model.trace import Purpose

_LOOPBACK_PORT = re.compile(r"(//(?:localhost|127\.0\.0\.1|\[::1\])):[0-9]+")
_DEFAULT_PORTS = {"https": 443, "http": 80}


class UrlError(ValueError):
    """The text is no absolute http or https URL with a host."""


def split(url: str) -> SplitResult:
    """An absolute http(s) URL in its parts; raises UrlError for anything else."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UrlError(f"not a URL: {error}") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise UrlError("not an absolute http or https URL")
    if any(char <= " " or char == "\x7f" for char in url):
        raise UrlError("contains white space or control characters")
    return parts


def is_http_url(url: object) -> bool:
    if not isinstance(url, str):
        return False
    try:
        split(url)
    except UrlError:
        return False
    return True


def host(url: str) -> str:
    return split(url).hostname or ""


def port(url: str) -> int:
    parts = split(url)
    return parts.port or _DEFAULT_PORTS[parts.scheme]


def origin(url: str) -> str:
    """Scheme, host and port, lower case, without the default port."""
    parts = split(url)
    name = (parts.hostname or "").lower()
    if ":" in name:
        name = f"[{name}]"
    number = parts.port
    suffix = "" if number in (None, _DEFAULT_PORTS[parts.scheme]) else f":{number}"
    return f"{parts.scheme}://{name}{suffix}"


def loopback_port(text: str, mark: str) -> str:
    """The text with `mark` for the port of each loopback address, another one at each login."""
    return _LOOPBACK_PORT.sub(rf"\1{mark}", text)


def query(url: str) -> dict[str, str]:
    """The query parameters of a URL, of repeated ones the last; empty when it is no URL."""
    try:
        return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    except ValueError:
        return {}


def resource_metadata_urls(mcp_url: str) -> list[tuple[Purpose, str]]:
    """Where the metadata of a resource lies when no challenge points to it (RFC 9728 section 3.1).

    The path form keeps the path and query of the resource; a bare origin has only the root form.
    """
    parts = split(mcp_url)
    base = origin(mcp_url) + "/.well-known/oauth-protected-resource"
    urls = [(Purpose.METADATA_ROOT, base)]
    if parts.path not in ("", "/") or parts.query:
        query = f"?{parts.query}" if parts.query else ""
        path = parts.path if parts.path != "/" else ""
        urls.insert(0, (Purpose.METADATA_PATH, base + path + query))
    return urls


def resource_path(url: str) -> str | None:
    """The resource that the path form of a metadata address is about, else None."""
    base, found, path = url.partition("?")[0].partition("/.well-known/oauth-protected-resource")
    return base + path if found and path.startswith("/") and len(path) > 1 else None


def server_metadata_urls(issuer: str, *, root_too: bool = False) -> list[tuple[Purpose, str]]:
    """Where an issuer's metadata may lie, in order (RFC 8414 section 3.1, OIDC Discovery 4).

    `root_too` appends the form without the issuer's path, which Claude tries since mid 2026.
    """
    parts = split(issuer)
    base = origin(issuer)
    path = parts.path.rstrip("/")
    urls = [
        (Purpose.RFC8414, f"{base}/.well-known/oauth-authorization-server{path}"),
        (Purpose.OIDC, f"{base}/.well-known/openid-configuration{path}"),
    ]
    if path:
        urls.append((Purpose.OIDC_APPENDED, f"{base}{path}/.well-known/openid-configuration"))
        if root_too:
            urls.append((Purpose.RFC8414_ROOT, f"{base}/.well-known/oauth-authorization-server"))
    return urls


def canonical_resource(url: str) -> str:
    """The resource identifier of an MCP URL (MCP authorization, canonical server URI).

    Lower-case scheme and host, no default port, no fragment, no trailing slash; a bare origin
    keeps the slash, as Claude sends it.
    """
    parts = split(url)
    path = parts.path.rstrip("/") or "/"
    query = f"?{parts.query}" if parts.query else ""
    return origin(url) + path + query


def covers(resource: str, mcp_url: str) -> bool:
    """True when a resource is the MCP URL or a parent of it on the same origin."""
    try:
        if origin(resource) != origin(mcp_url):
            return False
        parent = split(resource).path.rstrip("/") + "/"
        return (split(mcp_url).path.rstrip("/") + "/").startswith(parent)
    except UrlError:
        return False


def difference(expected: str, received: str) -> str | None:
    """How two identifiers differ, None when equal by code points (RFC 8414 section 4)."""
    if expected == received:
        return None
    if expected.rstrip("/") == received.rstrip("/"):
        return "trailing slash"
    if "{" in received:
        return "unfilled placeholder"
    try:
        one, two = split(expected), split(received)
    except UrlError:
        return "not a URL"
    if expected.lower() == received.lower():
        return "letter case"
    if one.hostname != two.hostname:
        return "host"
    if one.scheme != two.scheme:
        return "scheme"
    if origin(expected) != origin(received):
        return "port"
    if one.path.rstrip("/") == two.path.rstrip("/") and one.query == two.query:
        return "spelling"
    return "path"
