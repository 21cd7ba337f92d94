"""A connection that goes on for long is kept in part, and still leads its calls to itself."""

import json

import pytest

from harness.model.captured import Captured
from harness.model.trace import Request, Response, Timing
from harness.run import watch
from harness.run.watch import Watch

MCP = "https://mcp.example.com/mcp"
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
JSON = (("Content-Type", "application/json"),)


def test_a_token_that_is_not_kept_still_leads_to_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "MOST", 2)
    heard = Watch(public=MCP)

    def comes(url: str, body: str, headers: tuple[tuple[str, str], ...], answer: object) -> None:
        sent = (("User-Agent", "claude-code/2.1.330"), *headers)
        heard.saw(
            Captured(
                request=Request(method="POST", url=url, headers=sent, body=body.encode()),
                response=Response(status=200, headers=JSON, body=json.dumps(answer).encode()),
                failure=None,
                connection=None,
                timing=Timing(),
                started=1000.0,
            )
        )

    for token, renewal in (("one", "r1"), ("two", "r2"), ("three", "r3")):
        issued = {"access_token": token, "refresh_token": renewal, "token_type": "Bearer"}
        before = {"two": "r1", "three": "r2"}.get(token)
        grant = f"refresh_token&refresh_token={before}" if before else "authorization_code&code=c"
        comes("https://mcp.example.com/token", f"grant_type={grant}", FORM, issued)
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        result = {"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}
        comes(MCP, call, (("Authorization", f"Bearer {token}"),), result)
    assert heard.broken is None
    (one,) = heard.found.values()
    assert (len(one.trace.exchanges), one.more) == (2, 4)
