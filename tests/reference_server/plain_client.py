"""A small, strict OAuth and MCP client that shares nothing with the server it talks to."""

import base64
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from reference_server.settings import Settings

CALLBACK = "https://claude.ai/api/mcp/auth_callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # of VERIFIER, RFC 7636 appendix B
CLAUDE = "https://claude.ai/oauth/mcp-oauth-client-metadata"
DCR = {
    "client_name": "Claude",
    "redirect_uris": [CALLBACK],
    "grant_types": [
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ],
    "response_types": ["code"],
    "token_endpoint_auth_method": "client_secret_post",
}
ACCEPT = "application/json, text/event-stream"


class LoopbackTransport(httpx.AsyncHTTPTransport):
    """Dials 127.0.0.1 whatever the name, with the name in SNI and Host."""

    def __init__(self, port: int, **options: Any) -> None:
        super().__init__(**options)
        self._port = port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await super().handle_async_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host="127.0.0.1", port=self._port),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": request.url.host},
            )
        )


@dataclass
class FormOnPage(HTMLParser):
    """The one form of a page: its action, its filled fields, its buttons and its labels."""

    text: str
    action: str = ""
    method: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    labelled: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self.action, self.method = given["action"], given["method"]
            case "input":
                self.fields[given["name"]] = given["value"]
                if given.get("type") != "hidden":
                    self.ids[given["name"]] = given["id"]
            case "button" if "name" in given:
                self.buttons.append((given["name"], given["value"]))
            case "label":
                self.labelled.add(given["for"])


def same_json(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of a response, with its media type and without null members."""
    assert response.headers["content-type"].partition(";")[0] == "application/json"

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), "a member is there twice"
        assert all(value is not None for _, value in pairs), "a member is null"
        return dict(pairs)

    value = json.loads(response.content.decode("utf-8"), object_pairs_hook=once)
    assert isinstance(value, dict)
    return value


def answer_in(location: str) -> dict[str, str]:
    """The parameters of an authorization response, each of which is there once."""
    values = parse_qs(urlsplit(location).query, strict_parsing=True)
    assert all(len(value) == 1 for value in values.values())
    return {name: value[0] for name, value in values.items()}


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class PlainClient:
    """One client of one server; every endpoint comes from the metadata."""

    http: httpx.AsyncClient
    settings: Settings
    metadata: dict[str, Any] = field(default_factory=dict)
    registered: dict[str, Any] = field(default_factory=dict)

    async def discover(self) -> None:
        issuer = urlsplit(self.settings.issuer)
        where = f"{issuer.scheme}://{issuer.netloc}/.well-known/oauth-authorization-server"
        self.metadata = same_json(await self.http.get(where + issuer.path.rstrip("/")))

    async def register(self, **over: Any) -> httpx.Response:
        if not self.metadata:
            await self.discover()
        body = {name: value for name, value in {**DCR, **over}.items() if value is not None}
        response = await self.http.post(self.metadata["registration_endpoint"], json=body)
        if response.status_code == 201:
            self.registered = same_json(response)
        return response

    def query(self, **over: Any) -> dict[str, Any]:
        asked = {
            "response_type": "code",
            "client_id": self.registered.get("client_id"),
            "redirect_uri": CALLBACK,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "state": "s p/ä",
            "scope": "notes:read offline_access",
            "resource": self.settings.resource,
            **over,
        }
        return {name: value for name, value in asked.items() if value is not None}

    async def authorize(self, **over: Any) -> httpx.Response:
        if not self.metadata:
            await self.discover()
        where = self.metadata["authorization_endpoint"]
        return await self.http.get(where, params=self.query(**over))

    async def submit(self, page: httpx.Response, **over: str) -> httpx.Response:
        form = FormOnPage(page.text)
        assert form.method == "post"
        where = urljoin(str(page.url), form.action)
        answer = await self.http.post(where, data={**form.fields, **over})
        if answer.status_code == 303:
            return await self.http.get(urljoin(where, answer.headers["location"]))
        return answer

    async def decide(self, decision: str = "approve", **over: Any) -> dict[str, str]:
        """From the authorization request to the authorization response, by the filled-in form."""
        page = await self.authorize(**over)
        assert page.status_code == 200, page.text
        if "password" in FormOnPage(page.text).fields:
            page = await self.submit(page)
        answer = await self.submit(page, decision=decision)
        assert answer.status_code == 302, answer.text
        return answer_in(answer.headers["location"])

    async def ask_token(self, **fields: str | None) -> httpx.Response:
        body = {**self.credentials(), **fields}
        given = {name: value for name, value in body.items() if value is not None}
        return await self.http.post(self.metadata["token_endpoint"], data=given)

    def credentials(self) -> dict[str, str]:
        names = ("client_id", "client_secret")
        return {name: self.registered[name] for name in names if name in self.registered}

    async def redeem(self, code: str | None, **over: str | None) -> httpx.Response:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": VERIFIER,
            "redirect_uri": CALLBACK,
            "resource": self.settings.resource,
        }
        return await self.ask_token(**{**fields, **over})

    async def refresh(self, token: str, **over: str | None) -> httpx.Response:
        return await self.ask_token(grant_type="refresh_token", refresh_token=token, **over)

    async def tokens(self, **over: Any) -> dict[str, Any]:
        """Registers if need be, signs in, and redeems the code."""
        if not self.registered:
            await self.register()
        answer = await self.decide(**over)
        return same_json(await self.redeem(answer["code"]))

    async def modern(
        self, token: str | None, method: str, params: dict[str, Any] | None = None
    ) -> httpx.Response:
        """One call of the 2026-07-28 era."""
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "plain", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
        if params and "name" in params:
            headers["Mcp-Name"] = params["name"]
        return await self.rpc(token, method, {**(params or {}), "_meta": meta}, headers)

    async def rpc(
        self,
        token: str | None,
        method: str,
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        number: int | None = 1,
    ) -> httpx.Response:
        body: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
        if number is not None:
            body["id"] = number
        if params is not None:
            body["params"] = params
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.http.post(
            self.settings.resource,
            json=body,
            headers={"Accept": ACCEPT, **bearer, **(headers or {})},
        )
