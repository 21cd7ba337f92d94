"""The resource indicators a client sends (RFC 8707)."""

from urllib.parse import urlsplit

from reference_server.answers import OAuthError
from reference_server.settings import Settings

_DEFAULT_PORTS = {"https": ":443", "http": ":80"}


def check_resources(settings: Settings, asked: tuple[str, ...]) -> None:
    """Refuses every resource but ours; none at all means ours, the only one there is."""
    if any(canonical(resource) != canonical(settings.resource) for resource in asked):
        raise OAuthError("invalid_target", f"the only resource here is {settings.resource}")


def canonical(resource: str) -> str | None:
    """One spelling for what URL libraries write differently; None when it is no resource.

    Lower-case scheme and host, no default port, a slash for the empty path; nothing more.
    """
    try:
        parts = urlsplit(resource)
    except ValueError:
        return None
    if not parts.hostname or "@" in parts.netloc or "#" in resource:
        return None
    authority = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, ":"))
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{authority}{parts.path or '/'}{query}"
