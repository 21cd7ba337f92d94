"""Clients that are known by the URL of their metadata document (CIMD)."""

import json
from urllib.parse import urlsplit

from reference_server import redirect_uris
from reference_server.server import Server
from reference_server.store import Client

LARGEST = 5 * 1024
KEEP_SECONDS = 300

_CLAUDE = "https://claude.ai/oauth/mcp-oauth-client-metadata"
_CLAUDE_CODE = "https://claude.ai/oauth/claude-code-client-metadata"

PUBLISHED: dict[str, dict[str, object]] = {
    _CLAUDE: {
        "client_id": _CLAUDE,
        "client_name": "Claude",
        "client_uri": "https://claude.ai",
        "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
        "grant_types": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    },
    _CLAUDE_CODE: {
        "client_id": _CLAUDE_CODE,
        "client_name": "Claude Code",
        "client_uri": "https://claude.ai",
        "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    },
}
"""The documents Claude publishes, as they were in 2026."""


class DocumentRefusedError(Exception):
    """The document cannot be had or must not be believed; the text says why."""


async def fetch_published(url: str) -> bytes:
    """Claude's own documents from memory; nothing is fetched and nothing leaves the machine."""
    if url not in PUBLISHED:
        raise ConnectionRefusedError("this server fetches no documents but Claude's own")
    return json.dumps(PUBLISHED[url]).encode()


def is_document_url(client_id: str) -> bool:
    """An https URL with a path and nothing that could make two spellings of one client."""
    try:
        parts = urlsplit(client_id)
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and len(parts.path) > 1
        and not {".", ".."} & set(parts.path.split("/"))
        and "#" not in client_id
    )


async def client_from_document(server: Server, url: str) -> Client:
    """The client a document describes; only good documents are cached."""
    cached = server.store.documents.get(url)
    if cached is not None and cached[1] > server.clock():
        return cached[0]
    try:
        content = await server.fetch(url)
    except OSError as problem:
        raise DocumentRefusedError(f"the document could not be fetched: {problem}") from problem
    client = _read(url, content, server.settings.redirect_hosts)
    server.store.documents[url] = (client, server.clock() + KEEP_SECONDS)
    return client


def _read(url: str, content: bytes, hosts: tuple[str, ...] | None) -> Client:
    if len(content) > LARGEST:
        raise DocumentRefusedError("the document is larger than 5 kB")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise DocumentRefusedError("the document is not JSON") from problem
    if not isinstance(document, dict) or document.get("client_id") != url:
        raise DocumentRefusedError("the client_id in the document is not its URL")
    name, uris = document.get("client_name"), document.get("redirect_uris")
    if not isinstance(name, str) or not name:
        raise DocumentRefusedError("the document has no client_name")
    if not isinstance(uris, list) or not uris or not all(isinstance(uri, str) for uri in uris):
        raise DocumentRefusedError("the document has no redirect_uris")
    if not all(redirect_uris.acceptable(uri, hosts) for uri in uris):
        raise DocumentRefusedError("the document has a redirect URI that is not allowed")
    # A document is public, so it cannot hold or promise a shared secret.
    method = document.get("token_endpoint_auth_method", "none")
    if "client_secret" in document or method != "none":
        raise DocumentRefusedError("the document asks for an authentication method other than none")
    return Client(id=url, name=name, redirect_uris=tuple(uris))
