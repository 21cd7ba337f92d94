"""What a reference server is told before it starts, and the URLs that follow from it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

type GivenClient = tuple[str, str | None, tuple[str, ...]]
"""A client known beforehand: client_id, client_secret (None for a public client), redirect URIs."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The names, scopes, lifetimes and accounts of one reference server."""

    resource: str = "https://mcp.reference.test/mcp"
    issuer: str = "https://auth.reference.test"
    resource_name: str = "Reference notes"
    scopes: tuple[str, ...] = ("notes:read",)
    """What every call of the MCP endpoint needs."""
    write_scope: str = "notes:write"
    """What the writing tool needs in addition."""
    scopes_supported: tuple[str, ...] = ("notes:read", "notes:write", "offline_access")
    """What the authorization server grants."""
    access_token_ttl: int = 3600
    refresh_token_ttl: int = 30 * 24 * 3600
    code_ttl: int = 60
    sign_in_ttl: int = 600
    """Seconds a sign-in page stays usable."""
    username: str = "ada"
    password: str = "correct horse"
    token_audience: str | None = None
    """The `aud` of access tokens; None means the resource, which is what the endpoint accepts."""
    clients: tuple[GivenClient, ...] = ()
    redirect_hosts: tuple[str, ...] | None = None
    """The hosts a redirect URI may have; None allows every https host and loopback."""
    root_metadata: bool = False
    """Publish a copy of the resource metadata in the root place. Many servers do, but its
    `resource` would have to be the origin there (RFC 9728 section 3.3)."""
    second_instance_paths: tuple[str, ...] = ()
    """Paths that a load balancer leads to a second instance, which shares no memory with the first;
    none in a server that is well."""
    second_instance_key: bool = False
    """The second instance signs with a key of its own."""
    fixtures: bool = False
    """Offer the tools, prompts and resources that the official conformance suite expects."""
    allowed_origins: tuple[str, ...] = ("https://claude.ai", "https://claude.com")
    """Web pages that may call the MCP endpoint, besides those of the server itself."""

    @property
    def resource_origin(self) -> str:
        """Where the MCP endpoint lives, without its path."""
        return origin_of(self.resource)

    @property
    def resource_path(self) -> str:
        """The path of the MCP endpoint as a route, never empty."""
        return urlsplit(self.resource).path or "/"

    @property
    def issuer_origin(self) -> str:
        """Where the authorization server lives, without the path of its issuer."""
        return origin_of(self.issuer)

    @property
    def issuer_path(self) -> str:
        """The path of the issuer without its closing slash; empty for a bare origin."""
        return urlsplit(self.issuer).path.rstrip("/")

    @property
    def one_host(self) -> bool:
        """True when the resource and the authorization server share a host."""
        return urlsplit(self.resource).hostname == urlsplit(self.issuer).hostname

    @property
    def resource_metadata_url(self) -> str:
        """The well-known name goes between host and path (RFC 9728 section 3.1)."""
        path = self.resource_path.rstrip("/")
        return f"{self.resource_origin}/.well-known/oauth-protected-resource{path}"

    def endpoint_path(self, name: str) -> str:
        """The path of an endpoint of the authorization server, as a route."""
        return f"{self.issuer_path}/oauth/{name}"

    def endpoint(self, name: str) -> str:
        """The URL of an endpoint of the authorization server."""
        return f"{self.issuer_origin}{self.endpoint_path(name)}"


def origin_of(url: str) -> str:
    """The scheme and authority of a URL, as they are written in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
