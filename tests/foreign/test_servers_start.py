"""Every foreign server comes up, asks for a token, and is gone afterwards."""

import httpx
import pytest
from servers import FOREIGN, Foreign, running

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "Anthropic", "version": "1.0.0"},
    },
}


def by_name(foreign: Foreign) -> str:
    return foreign.name


@pytest.mark.parametrize("foreign", FOREIGN, ids=by_name)
def test_asks_for_a_token_and_ends(foreign: Foreign) -> None:
    with running(foreign) as url:
        answer = httpx.post(url, json=INITIALIZE, trust_env=False)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer ")
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
