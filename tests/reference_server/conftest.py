"""One reference server in the test's own process, with a clock and tokens that can be foretold."""

import itertools
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from plain_client import Clock, PlainClient

from reference_server.app import build_app
from reference_server.client_documents import fetch_published
from reference_server.server import Server
from reference_server.settings import Settings


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def token() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"token-{next(numbers):04}"


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def server(settings: Settings, clock: Clock, token: Callable[[], str]) -> Server:
    return Server(settings=settings, fetch=fetch_published, clock=clock, token=token)


@pytest.fixture
async def http(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build_app(server))
    async with httpx.AsyncClient(transport=transport) as client:
        yield client


@pytest.fixture
def client(http: httpx.AsyncClient, settings: Settings) -> PlainClient:
    return PlainClient(http, settings)
