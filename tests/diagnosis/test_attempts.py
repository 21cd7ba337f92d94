"""Requests at one place are told apart: surfaces, users and tries."""

import json
from collections.abc import Sequence

from harness.diagnosis.attempts import AGAIN, OVER, Attempt, Attempts, caller
from harness.diagnosis.known import Known, learned
from harness.diagnosis.naming import named
from harness.model.captured import Captured
from harness.model.trace import Headers, Request, Response, Timing
from harness.model.verdict import Surface

MCP = "https://mcp.example.com/mcp"
JSON = (("Content-Type", "application/json"),)
BROKER, RUNTIME = "python-httpx/0.28.1", "Claude-User"
CODE, LOGIN = "claude-code/2.1.330 (sdk-cli)", "Bun/1.4.4"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Chrome/156"


def call(method: str, **info: object) -> bytes:
    params = {"clientInfo": info} if info else {}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


class Place:
    """What arrives at one place; time passes as it is told."""

    def __init__(self) -> None:
        self.attempts = Attempts()
        self.now = 1000.0
        self._known: dict[int, Known] = {}

    def comes(
        self,
        agent: str,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        source: str = "160.79.104.5",
        headers: Headers = (),
        answer: Response | None = None,
    ) -> Attempt | None:
        sent = (("User-Agent", agent), ("X-Forwarded-For", source), *headers)
        captured = Captured(
            request=Request(method=method, url=url, headers=sent, body=body),
            response=answer or Response(status=200),
            failure=None,
            connection=None,
            timing=Timing(),
            started=self.now,
            client="127.0.0.1",
        )
        attempt = self.attempts.place(captured)
        if attempt is not None:
            known = self._known.get(attempt.number, Known(target=MCP))
            exchange = named(captured, known, 1)
            self._known[attempt.number] = learned(known, exchange)
            self.attempts.learn(attempt, exchange)
        return attempt

    def opens(self, agent: str, source: str = "160.79.104.5") -> int:
        refused = Response(status=401)
        found = self.comes(
            agent, "POST", MCP, body=call("initialize"), source=source, answer=refused
        )
        assert found is not None
        return found.number

    def token(self, agent: str, source: str, value: str, *, fields: str) -> int:
        body = f"grant_type=authorization_code&{fields}".encode()
        form = (("Content-Type", "application/x-www-form-urlencoded"),)
        issued = json.dumps({"access_token": value, "token_type": "Bearer"}).encode()
        found = self.comes(
            agent,
            "POST",
            "https://auth.example.com/token",
            body=body,
            source=source,
            headers=form,
            answer=Response(
                status=200, headers=(("Content-Type", "application/json"),), body=issued
            ),
        )
        assert found is not None
        return found.number

    def uses(self, agent: str, source: str, value: str) -> int:
        bearer = (("Authorization", f"Bearer {value}"),)
        found = self.comes(
            agent, "POST", MCP, body=call("tools/list"), source=source, headers=bearer
        )
        assert found is not None
        return found.number


def surfaces(attempts: Sequence[Attempt]) -> list[Surface]:
    return [one.surface for one in attempts]


def test_the_two_clients_of_claude_ai_are_one_attempt_wherever_they_come_from() -> None:
    place = Place()
    assert place.opens(BROKER, "160.79.104.5") == 1
    assert place.opens(RUNTIME, "160.79.106.9") == 1
    metadata = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
    found = place.comes(BROKER, "GET", metadata, source="160.79.104.77")
    assert found is not None
    assert found.number == 1
    assert found.surface is Surface.CLAUDE_AI


def test_users_of_claude_code_are_told_apart_by_their_address() -> None:
    place = Place()
    assert [place.opens(CODE, one) for one in ("203.0.113.1", "203.0.113.2")] == [1, 2]
    metadata = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
    for source, number in (("203.0.113.2", 2), ("203.0.113.1", 1)):
        found = place.comes(LOGIN, "GET", metadata, source=source)
        assert found is not None
        assert found.number == number
        assert found.client == "Claude Code 2.1.330"


def test_a_second_try_is_another_attempt_and_a_repeated_question_is_not() -> None:
    place = Place()
    assert place.opens(CODE) == 1
    place.now += AGAIN / 2
    assert place.opens(CODE) == 1
    place.now += AGAIN * 2
    assert place.opens(CODE) == 2


def test_a_token_leads_to_the_attempt_that_got_it_whoever_comes_with_it() -> None:
    place = Place()
    place.opens(CODE, "203.0.113.1")
    place.opens(CODE, "203.0.113.2")
    assert place.token(LOGIN, "203.0.113.1", "one", fields="client_id=a&code=1") == 1
    assert place.token(LOGIN, "203.0.113.2", "two", fields="client_id=b&code=2") == 2
    assert place.uses(CODE, "203.0.113.99", "two") == 2
    assert place.uses(CODE, "203.0.113.99", "one") == 1


def test_a_token_from_out_of_sight_belongs_to_the_latest_attempt_without_one() -> None:
    place = Place()
    assert place.opens(BROKER) == 1
    assert place.uses(RUNTIME, "160.79.104.5", "foreign") == 1
    assert place.uses(RUNTIME, "160.79.104.5", "renewed out of sight") == 1
    place.now += OVER * 2
    assert place.opens(BROKER) == 2
    assert place.token(BROKER, "160.79.104.5", "own", fields="client_id=a&code=1") == 2
    assert place.uses(RUNTIME, "160.79.104.5", "from a time before") == 3


def test_a_browser_signs_in_for_the_attempt_that_waits() -> None:
    place = Place()
    place.opens(BROKER)
    place.opens(CODE, "203.0.113.2")
    asks = "https://auth.example.com/authorize?response_type=code&client_id=https://c.example/x"
    hosted = f"{asks}&redirect_uri=https://claude.ai/api/mcp/auth_callback&state=s1"
    local = f"{asks}&redirect_uri=http://localhost:9/callback&state=s2"
    first = place.comes(BROWSER, "GET", hosted, source="198.51.100.1")
    second = place.comes(BROWSER, "GET", local, source="203.0.113.2")
    assert first is not None
    assert second is not None
    assert [first.number, second.number] == [1, 2]
    page = place.comes(BROWSER, "POST", "https://auth.example.com/consent", source="198.51.100.1")
    assert page is first


def test_what_is_no_part_of_a_connection_is_left_out() -> None:
    place = Place()
    assert place.comes(BROWSER, "GET", "https://mcp.example.com/") is None
    assert place.comes("curl/8", "GET", "https://mcp.example.com/robots.txt") is None
    crawler = "Mozilla/5.0 (compatible; ClaudeBot/1.0)"
    assert place.comes(crawler, "POST", MCP, body=call("initialize")) is None


def test_other_clients_are_called_what_they_say() -> None:
    place = Place()
    body = call("initialize", name="mcp-inspector", version="0.19.0")
    found = place.comes("node", "POST", MCP, body=body, source="203.0.113.7")
    assert found is not None
    assert found.client == "mcp-inspector 0.19.0"
    assert surfaces(place.attempts.found) == [Surface.MCP_SPEC]
    toolbox = call("initialize", name="Anthropic/Toolbox", version="1.0.0")
    found = place.comes(RUNTIME, "POST", MCP, body=toolbox)
    assert found is not None
    assert found.client == "Claude's Toolbox"


def test_requests_without_a_name_belong_to_who_asked_from_there_just_before() -> None:
    place = Place()
    assert place.opens("node", "203.0.113.7") == 1
    metadata = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
    found = place.comes("", "GET", metadata, source="203.0.113.7")
    assert found is not None
    assert found.number == 1
    other = place.comes("", "GET", metadata, source="203.0.113.8")
    assert other is not None
    assert (other.number, other.client) == (2, "without a name")


def test_the_forwarded_address_comes_before_the_tunnels() -> None:
    headers = (("X-Forwarded-For", "198.51.100.1, 10.0.0.1"), ("CF-Connecting-IP", "198.51.100.9"))
    found = caller(Request(method="GET", url=MCP, headers=headers), "127.0.0.1")
    assert found.source == "198.51.100.9"
    assert found.addresses[-1] == "127.0.0.1"
