"""Certificates and a running proxy for the tests of the proxy room."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trustme
from proxy_lab import Proxied, Start, tls_context

from harness.proxy.engine import engine
from harness.proxy.route import Route


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="session")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("confdir")


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """The context of a server whose certificate for mcp.example.com is in order."""
    return tls_context(authority.issue_cert("mcp.example.com"))


@pytest.fixture
def proxied(confdir: Path, ca_file: Path) -> Start:
    """Start a proxy: `async with proxied(route, **engine_options) as proxy`."""

    @asynccontextmanager
    async def start(
        route: Route, *, patience: float = 5.0, **more: object
    ) -> AsyncIterator[Proxied]:
        options: dict[str, object] = {"trusted_ca": [ca_file], "confdir": confdir} | more
        async with (
            engine(routes=route, **options) as running,  # type: ignore[arg-type]
            httpx.AsyncClient(
                proxy=running.url,
                verify=running.client_context(),
                trust_env=False,
                timeout=patience,
            ) as client,
        ):
            yield Proxied(running, client)

    return start
