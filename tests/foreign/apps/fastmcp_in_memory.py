"""FastMCP with its in-memory OAuth provider: one origin is both the server and the issuer.

Arguments: PORT BASE_URL.
"""

import sys

from fastmcp import FastMCP
from fastmcp.server.auth.auth import ClientRegistrationOptions, RevocationOptions
from fastmcp.server.auth.providers.in_memory import InMemoryOAuthProvider

port, base_url = int(sys.argv[1]), sys.argv[2]
provider = InMemoryOAuthProvider(
    base_url=base_url,
    client_registration_options=ClientRegistrationOptions(enabled=True),
    revocation_options=RevocationOptions(enabled=True),
)
server = FastMCP("FastMCP in memory", auth=provider)


@server.tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


server.run(transport="http", host="127.0.0.1", port=port, show_banner=False)
