"""A web in memory for the sans-I/O client: answers each Send, signs in at once."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from harness.client.choices import Choices
from harness.client.connect import connect
from harness.client.events import Ask, Send, Wait
from harness.model.trace import (
    Exchange,
    Failure,
    Note,
    Purpose,
    Request,
    Response,
    Step,
    Trace,
    Voice,
)
from harness.profiles.claude_ai import PROFILE
from harness.profiles.profile import Profile

MCP = "https://mcp.example.com/mcp"
AUTH = "https://auth.example.com"

type Reply = Response | Failure
type Handler = Callable[[Send], Reply | None]


def reply(
    status: int, document: object = None, *, headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    body = b"" if document is None else json.dumps(document).encode()
    kind = (("Content-Type", "application/json"),) if document is not None else ()
    return Response(status=status, headers=(*kind, *headers), body=body)


def healthy(send: Send) -> Reply | None:
    """A server that does everything right in the handshake era."""
    path = urlsplit(send.url).path
    bearer = {name.lower(): value for name, value in send.headers}.get("authorization")
    match send.method, send.url.partition("?")[0]:
        case "POST", "https://mcp.example.com/mcp" if bearer is None:
            pointer = f"https://mcp.example.com/.well-known/oauth-protected-resource{path}"
            challenge = f'Bearer resource_metadata="{pointer}", scope="notes"'
            return reply(401, headers=(("WWW-Authenticate", challenge),))
        case "POST", "https://mcp.example.com/mcp":
            return mcp_answer(send)
        case "GET", "https://mcp.example.com/mcp":
            return reply(405)
        case "DELETE", "https://mcp.example.com/mcp":
            return reply(204)
        case "GET", "https://mcp.example.com/.well-known/oauth-protected-resource/mcp":
            return reply(200, {"resource": MCP, "authorization_servers": [AUTH]})
        case "GET", "https://auth.example.com/.well-known/oauth-authorization-server":
            return reply(200, server_document())
        case "POST", "https://auth.example.com/register":
            return reply(201, {"client_id": "c1", "client_secret": "s1"})
        case "POST", "https://auth.example.com/token":
            return reply(200, {"access_token": "a1", "token_type": "Bearer", "refresh_token": "r1"})
    return None


def server_document(**members: object) -> dict[str, object]:
    return {
        "issuer": AUTH,
        "authorization_endpoint": f"{AUTH}/authorize",
        "token_endpoint": f"{AUTH}/token",
        "registration_endpoint": f"{AUTH}/register",
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        **members,
    }


def mcp_answer(send: Send) -> Reply:
    message = json.loads(send.body)
    match message["method"]:
        case "server/discover":
            error = {"code": -32601, "message": "unknown method"}
            return reply(404, {"jsonrpc": "2.0", "id": message["id"], "error": error})
        case "initialize":
            result = {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "serverInfo": {"name": "fake", "version": "1"},
            }
            answer = {"jsonrpc": "2.0", "id": message["id"], "result": result}
            return reply(200, answer, headers=(("Mcp-Session-Id", "session-1"),))
        case "notifications/initialized":
            return reply(202)
        case _:
            return reply(200, {"jsonrpc": "2.0", "id": message["id"], "result": {"tools": []}})


@dataclass
class Play:
    """Runs the client against handlers; the first that answers wins, else 404."""

    handlers: tuple[Handler, ...] = (healthy,)
    choices: Choices = field(default_factory=lambda: Choices(target=MCP))
    profile: Profile = PROFILE
    callback: Callable[[Ask], str | None] = lambda ask: (
        ask.redirect_uri
        + "?"
        + urlencode(
            {"code": "the-code", "state": dict(parse_qsl(urlsplit(ask.url).query))["state"]}
        )
    )
    asks: list[Ask] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)

    def run(self) -> Trace:
        trace = Trace(target=self.choices.target, surface=str(self.profile.surface))
        flow = connect(self.profile, self.choices, lambda name: f"{name}-{'x' * 43}"[:43])
        answer: Exchange | None = None
        while True:
            try:
                event = flow.send(answer)
            except StopIteration:
                return trace
            answer = None
            match event:
                case Note():
                    note = replace(event, after=len(trace.exchanges))
                    trace = replace(trace, notes=(*trace.notes, note))
                case Wait():
                    self.waits.append(event)
                case Send():
                    self.sends.append(event)
                    answer = self._exchange(event, len(trace.exchanges) + 1)
                    trace = replace(trace, exchanges=(*trace.exchanges, answer))
                case Ask():
                    self.asks.append(event)
                    answer = self._sign_in(event, len(trace.exchanges) + 1)
                    if answer is not None:
                        trace = replace(trace, exchanges=(*trace.exchanges, answer))

    def _exchange(self, send: Send, n: int) -> Exchange:
        found = next((one for one in (each(send) for each in self.handlers) if one), reply(404))
        return Exchange(
            n=n,
            step=send.step,
            purpose=send.purpose,
            voice=send.voice,
            request=Request(method=send.method, url=send.url, headers=send.headers, body=send.body),
            response=found if isinstance(found, Response) else None,
            failure=found if isinstance(found, Failure) else None,
            exploration=send.exploration,
        )

    def _sign_in(self, ask: Ask, n: int) -> Exchange | None:
        url = self.callback(ask)
        if url is None:
            return None
        return Exchange(
            n=n,
            step=Step.CALLBACK,
            purpose=Purpose.CALLBACK,
            voice=Voice.BROWSER,
            request=Request(method="GET", url=url),
            response=reply(200),
        )
