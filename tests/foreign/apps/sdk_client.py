"""The official SDK's client with its OAuth provider; signs in where no page asks anything.

Argument: the MCP URL. Prints the names of the tools.
"""

import asyncio
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata


class Memory(TokenStorage):
    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


async def main() -> None:
    came: dict[str, str] = {}

    async def open_browser(url: str) -> None:
        async with httpx2.AsyncClient(headers={"User-Agent": "Mozilla/5.0 test"}) as browser:
            answer = await browser.get(url)
        given = parse_qs(urlsplit(answer.headers["location"]).query)
        came.update({name: values[0] for name, values in given.items()})

    async def callback():
        return AuthorizationCodeResult(
            code=came["code"], state=came.get("state"), iss=came.get("iss")
        )

    oauth = OAuthClientProvider(
        server_url=sys.argv[1],
        client_metadata=OAuthClientMetadata(
            client_name="sdk client",
            redirect_uris=["http://localhost:3030/callback"],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
        ),
        storage=Memory(),
        redirect_handler=open_browser,
        callback_handler=callback,
    )
    async with (
        httpx2.AsyncClient(auth=oauth, timeout=30) as client,
        streamable_http_client(sys.argv[1], http_client=client) as (reads, writes),
        ClientSession(reads, writes) as session,
    ):
        await session.initialize()
        tools = await session.list_tools()
        print("tools:", *(one.name for one in tools.tools))


asyncio.run(main())
