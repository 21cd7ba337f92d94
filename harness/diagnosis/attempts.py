"""Tells connections apart that arrive at one place: several users, surfaces and tries."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin

from harness.diagnosis.classify import classify, form, is_call, is_grant
from harness.diagnosis.known import Known
from harness.diagnosis.speaker import HOSTED, LOCAL, Speaker, speaker
from harness.model.captured import Captured
from harness.model.token import issued_token
from harness.model.trace import Exchange, Purpose, Request, Response, Step
from harness.model.verdict import Surface
from harness.model.wellknown import is_http_url, query

AGAIN = 15.0
"""Seconds of silence after which another call without a token begins another try."""
OVER = 900.0
"""Seconds of silence after which a connection is over: a person may sign in for that long."""

_MOST_KEYS = 20_000
_OPENING = (Purpose.INITIALIZE, Purpose.DISCOVER)
_FORWARDED = ("cf-connecting-ip", "true-client-ip", "x-real-ip")
_PRODUCTS = {"Anthropic/Toolbox": "Claude's Toolbox", "claude-code": "Claude Code"}
_METADATA = "/.well-known/o"


@dataclass(frozen=True)
class Caller:
    """Who sent a request, as far as its headers tell."""

    agent: str | None
    addresses: tuple[str, ...]

    @property
    def source(self) -> str:
        return self.addresses[0] if self.addresses else ""


@dataclass
class Attempt:
    """One try of one client to connect; grows while it goes on."""

    number: int
    surface: Surface
    client: str
    """What the client calls itself, or is known as."""
    family: tuple[str, str]
    source: str
    last: float
    steps: set[Step] = field(default_factory=set)
    token: bool = False
    """A token was issued here, or came from elsewhere."""

    def progressed(self) -> bool:
        """True once there is a client or a sign-in."""
        return any(one.position >= Step.REGISTRATION.position for one in self.steps)


class Attempts:
    """The attempts seen so far, and what leads a request to one of them."""

    def __init__(self, path: str | None = None) -> None:
        self.found: list[Attempt] = []
        self._path = path
        self._targets: set[str] = set()
        self._latest: dict[tuple[str, str], Attempt] = {}
        self._browsers: OrderedDict[tuple[str, str | None], Attempt] = OrderedDict()
        self._by_key: OrderedDict[str, Attempt] = OrderedDict()

    def place(self, captured: Captured) -> Attempt | None:
        """The attempt that an exchange belongs to, perhaps a new one; None where it is no part."""
        request, sent = captured.request, captured.started
        who = caller(request, captured.client)
        found = self._linked(request) or self._by_place(request, who, sent)
        if found is None:
            return None
        found.last = max(found.last, sent)
        self._name(found, request)
        return found

    def learn(self, attempt: Attempt, exchange: Exchange) -> None:
        """Take note of what an exchange of an attempt hands out."""
        attempt.steps.add(exchange.step)
        carries = _bearer(exchange.request) is not None
        issues = exchange.purpose in (Purpose.TOKEN, Purpose.REFRESH)
        if exchange.status == 200 and (issues or carries):
            attempt.token = True
        for key in (*_shown(exchange.request), *_given(exchange)):
            self._by_key[key] = attempt
            self._by_key.move_to_end(key)
        while len(self._by_key) > _MOST_KEYS:
            self._by_key.popitem(last=False)

    def _linked(self, request: Request) -> Attempt | None:
        """By something that only one attempt was ever handed."""
        for key in _shown(request):
            found = self._by_key.get(key)
            # Claude Code keeps its client from one attempt to the next.
            if found is not None and not (found.token and key.startswith("client_id ")):
                return found
        return None

    def _by_place(self, request: Request, who: Caller, sent: float) -> Attempt | None:
        told = speaker(who)
        if told is Speaker.CRAWLER:
            return None
        if told is Speaker.BROWSER and not is_call(request):
            return self._browsed(request, who)
        if not self._belongs(request):
            return None
        family = _family(told, who)
        latest = self._latest.get(family) or self._unnamed(who, sent)
        if latest is None or self._begins(latest, request, sent):
            latest = self._new(family, told, who, sent)
        if is_call(request):
            self._targets.add(page(request))
        return latest

    def _unnamed(self, who: Caller, sent: float) -> Attempt | None:
        """The attempt of a client that leaves its name out of some requests, as SDKs do."""
        if who.agent:
            return None
        near = [one for one in self.found if one.source == who.source and sent - one.last < AGAIN]
        return next(reversed(near), None)

    def _browsed(self, request: Request, who: Caller) -> Attempt | None:
        """The attempt whose user signs in with this browser."""
        key = (who.source, who.agent)
        asked = query(request.url)
        if "client_id" not in asked or not ({"response_type", "code_challenge"} & asked.keys()):
            return self._browsers.get(key)
        hosted = asked.get("redirect_uri", "").startswith(
            ("https://claude.ai/", "https://claude.com/")
        )
        waiting = [one for one in self.found if not one.token]
        kind = [one for one in waiting if (one.family[0] == "hosted") is hosted]
        near = [one for one in kind if one.source == who.source]
        found = next(reversed(near or kind or waiting), None)
        if found is not None:
            self._browsers[key] = found
            while len(self._browsers) > 1000:
                self._browsers.popitem(last=False)
        return found

    def _belongs(self, request: Request) -> bool:
        """True for what only a client of MCP or OAuth asks."""
        if is_call(request) or is_grant(request) or _METADATA in request.url:
            return True
        if "redirect_uris" in (request.json_object or {}):
            return True
        where = page(request)
        return where in self._targets or (self._path is not None and where.endswith(self._path))

    def _begins(self, latest: Attempt, request: Request, sent: float) -> bool:
        """True where a request belongs to no earlier attempt of its client."""
        silence = sent - latest.last
        if _bearer(request) is not None:
            # A token of nobody we saw: from a server out of sight, or from a time before.
            return Step.TOKEN in latest.steps or silence > OVER
        if silence > OVER:
            return True
        opening = classify(request, Known(target=page(request))).purpose in _OPENING
        if not opening:
            return False
        hosted = latest.family[0] == "hosted"
        return latest.token or silence > AGAIN or (hosted and latest.progressed())

    def _new(self, family: tuple[str, str], told: Speaker, who: Caller, sent: float) -> Attempt:
        surface, client = _identity(told, who)
        made = Attempt(
            number=len(self.found) + 1,
            surface=surface,
            client=client,
            family=family,
            source=who.source,
            last=sent,
        )
        self.found.append(made)
        self._latest[family] = made
        return made

    def _name(self, attempt: Attempt, request: Request) -> None:
        """A client that introduces itself is called what it says."""
        if attempt.surface is not Surface.MCP_SPEC and "Toolbox" not in request.text:
            return
        info = _client_info(request)
        name = info.get("name")
        if isinstance(name, str) and name:
            version = info.get("version")
            more = f" {version}" if isinstance(version, str) and name not in _PRODUCTS else ""
            attempt.client = f"{_PRODUCTS.get(name, name)}{more}"[:60]


def caller(request: Request, peer: str) -> Caller:
    """Who sent a request: the addresses that a tunnel forwarded come before the peer's own."""
    found = [request.header(name) for name in _FORWARDED]
    chain = (request.header("x-forwarded-for") or "").split(",")
    addresses = [one.strip() for one in (*found, *chain, peer) if one and one.strip()]
    return Caller(request.header("user-agent"), tuple(dict.fromkeys(addresses)))


def page(request: Request) -> str:
    """The address without its query."""
    return request.url.partition("?")[0]


def _family(told: Speaker, who: Caller) -> tuple[str, str]:
    """What tells apart whose attempts follow one another; all of hosted Claude is one client."""
    if told in HOSTED:
        return "hosted", ""
    if told in LOCAL:
        return "code", who.source
    return _product(who), who.source


def _identity(told: Speaker, who: Caller) -> tuple[Surface, str]:
    if told in HOSTED:
        return Surface.CLAUDE_AI, "claude.ai"
    if told in LOCAL:
        version = (who.agent or "").partition("claude-code/")[2].partition(" ")[0]
        return Surface.CLAUDE_CODE, f"Claude Code {version}".strip()
    return Surface.MCP_SPEC, _product(who)


def _product(who: Caller) -> str:
    return (who.agent or "").partition(" ")[0][:40] or "without a name"


def _client_info(request: Request) -> dict[str, object]:
    params = (request.json_object or {}).get("params")
    if not isinstance(params, dict):
        return {}
    meta = params.get("_meta")
    inner = meta.get("io.modelcontextprotocol/clientInfo") if isinstance(meta, dict) else None
    info = params.get("clientInfo") or inner
    return dict(info) if isinstance(info, dict) else {}


def _bearer(request: Request) -> str | None:
    scheme, _, value = (request.header("authorization") or "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" and value.strip() else None


def _shown(request: Request) -> Iterator[str]:
    """What a request carries that was handed to one attempt alone, the surest first."""
    if (token := _bearer(request)) is not None:
        yield f"token {token}"
    if session := request.header("mcp-session-id"):
        yield f"session {session}"
    fields = form(request) if request.method == "POST" else query(request.url)
    for name in ("refresh_token", "code", "state", "client_id"):
        value = fields.get(name)
        # A client that is known by its document is the same one in every attempt.
        if value and not is_http_url(value):
            yield f"{'token' if name == 'refresh_token' else name} {value}"


def _given(exchange: Exchange) -> Iterator[str]:
    """What an answer hands to the attempt."""
    response = exchange.response
    if response is None:
        return
    if session := response.header("mcp-session-id"):
        yield f"session {session}"
    if response.is_redirect:
        yield from _redirected(exchange.request.url, response)
    if exchange.step is Step.REGISTRATION:
        client = (response.json_object or {}).get("client_id")
        if isinstance(client, str) and not is_http_url(client):
            yield f"client_id {client}"
    if exchange.purpose in (Purpose.TOKEN, Purpose.REFRESH):
        renewal = (response.json_object or {}).get("refresh_token")
        for token in (issued_token(response), renewal):
            if isinstance(token, str):
                yield f"token {token}"


def _redirected(url: str, response: Response) -> Iterator[str]:
    try:
        where = urljoin(url, response.header("location") or "")
        found = dict(parse_qsl(where.partition("?")[2].partition("#")[0]))
    except ValueError:
        return
    if "code" in found:
        yield f"code {found['code']}"
