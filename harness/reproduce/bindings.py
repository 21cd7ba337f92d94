"""What the values of a recording are in a live run: learned from answers, put into requests."""

import base64
import secrets
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from harness.client.authorization import s256
from harness.model.challenge import bearer
from harness.model.jsonrpc import messages
from harness.model.trace import Exchange, Json, Request, Response
from harness.model.wellknown import (
    is_http_url,
    origin,
    query,
    resource_metadata_urls,
    server_metadata_urls,
)
from harness.recording.known import PLACEHOLDER
from harness.reproduce.origins import Origins

_FORM = "application/x-www-form-urlencoded"
_MADE_UP = ("state", "nonce")
_BOUND = ("client_id", "resource", "nextCursor")
_URLS = ("issuer", "jwks_uri", "authorization_servers")


class UnboundError(Exception):
    """A request needs a value that no live answer gave; the text is its placeholder."""


class Bindings:
    """The binding table of one live run, from the recorded target to the one that is asked now."""

    def __init__(self, recorded_target: str, target: str) -> None:
        self._values: dict[str, str] = {}
        self._origins: dict[str, str] = {}
        self._verifier = ""
        self._move(recorded_target, target)
        for urls in zip(*map(_resource_urls, (recorded_target, target)), strict=True):
            self.bind(*urls)
        self._issuer(origin(recorded_target), origin(target))

    def bind(self, recorded: str | None, live: str | None) -> None:
        if recorded and live:
            self._values[recorded] = live

    def _bind_urls(self, recorded: str | None, live: str | None) -> None:
        """The same for addresses; one that cannot be asked leaves the recorded one."""
        if is_http_url(recorded) and is_http_url(live):
            self.bind(recorded, live)

    # Learned from answers.

    def learn(self, recorded: Exchange, live: Exchange) -> None:
        """Take the live value of everything that stands at the same place in both answers."""
        one, other = recorded.response, live.response
        if one is None or other is None:
            return
        self._headers(one, other)
        if one.is_redirect and other.is_redirect:
            for pair in zip(_location(recorded, one), _location(live, other), strict=True):
                self._bind_urls(*pair)
        pairs = zip(messages(one), messages(other), strict=False)
        for was, now in pairs:
            self._members("", was, now)

    def learn_callback(self, recorded: Request, live: Request) -> None:
        """Take the code, and whatever else came back to the redirect URI."""
        now = query(live.url)
        for name, value in query(recorded.url).items():
            if PLACEHOLDER.fullmatch(value):
                self.bind(value, now.get(name))

    def _headers(self, one: Response, other: Response) -> None:
        for name in dict.fromkeys(name.lower() for name, _ in one.headers):
            was, now = one.header(name), other.header(name)
            if was is not None and PLACEHOLDER.fullmatch(was):
                self.bind(was, now)
        was_asked = bearer(one.header_lines("www-authenticate"))
        now_asked = bearer(other.header_lines("www-authenticate"))
        if was_asked is not None and now_asked is not None:
            name = "resource_metadata"
            self._bind_urls(was_asked.params.get(name), now_asked.params.get(name))
        cookies = dict(_cookies(other))
        for name, value in _cookies(one):
            self.bind(value, cookies.get(name))

    def _members(self, name: str, was: Json, now: Json) -> None:
        match was, now:
            case dict(), dict():
                for key in was.keys() & now.keys():
                    self._members(key, was[key], now[key])
            case list(), list():
                for one, other in zip(was, now, strict=False):
                    self._members(name, one, other)
            case str(), str():
                if PLACEHOLDER.fullmatch(was) or name in _BOUND:
                    self.bind(was, now)
                elif name in _URLS or name.endswith("_endpoint"):
                    self._bind_urls(was, now)
                if name == "authorization_servers" and is_http_url(was) and is_http_url(now):
                    self._issuer(was, now)

    def _issuer(self, recorded: str, live: str) -> None:
        """Lead the metadata addresses of one authorization server to those of another."""
        now = dict(server_metadata_urls(live, root_too=True))
        for purpose, url in server_metadata_urls(recorded, root_too=True):
            self.bind(url, now.get(purpose))
        self._move(recorded, live)

    def _move(self, recorded: str, live: str) -> None:
        self.bind(recorded, live)
        self._origins[origin(recorded)] = origin(live)

    # Put into requests.

    def request(self, recorded: Request) -> Request:
        """The request with live values; raises UnboundError for one that nobody gave."""
        url = self.url(recorded.url)
        body = self._body(recorded)
        headers = []
        for name, value in recorded.headers:
            match name.lower():
                case "host":
                    value = origin(url).partition("://")[2]
                case "content-length":
                    value = str(len(body))
                case "authorization":
                    value = self._credentials(value)
                case "cookie":
                    value = "; ".join(self._known_cookies(value))
                    if not value:
                        continue
                case _:
                    value = self._text(value)
            headers.append((name, value))
        return Request(method=recorded.method, url=url, headers=tuple(headers), body=body)

    def url(self, recorded: str) -> str:
        """An address where it is now, with live parameters."""
        base, mark, parameters = recorded.partition("?")
        if recorded in self._values:
            return self._values[recorded]
        live = self._values.get(base) or self._moved(base)
        if not mark:
            return live
        pairs = [(name, self._parameter(name, value)) for name, value in _pairs(parameters)]
        joint = "&" if urlsplit(live).query else "?"
        return f"{live}{joint}{urlencode(pairs)}"

    def begin_sign_in(self, recorded: str) -> str:
        """The authorization request with a state, a nonce and a verifier of its own."""
        asked = query(recorded)
        for name in _MADE_UP:
            if name in asked:
                self.bind(asked[name], secrets.token_urlsafe(32))
        self._verifier = secrets.token_urlsafe(32)
        if "code_challenge" in asked:
            hashed = asked.get("code_challenge_method") == "S256"
            self.bind(asked["code_challenge"], s256(self._verifier) if hashed else self._verifier)
        return self.url(recorded)

    def _parameter(self, name: str, value: str) -> str:
        if name == "code_verifier" and self._verifier:
            return self._verifier
        return self._text(value)

    def _text(self, value: str) -> str:
        """One value: what stands for it, or the same with its placeholders and origins replaced."""
        if value in self._values:
            return self._values[value]
        for placeholder in {match[0] for match in PLACEHOLDER.finditer(value)}:
            if placeholder not in self._values:
                raise UnboundError(placeholder)
            value = value.replace(placeholder, self._values[placeholder])
        return self._moved(value)

    def _moved(self, text: str) -> str:
        return Origins(self._origins)(text)

    def _credentials(self, value: str) -> str:
        scheme, _, rest = value.partition(" ")
        if scheme.lower() != "basic":
            return self._text(value)
        try:
            pair = base64.b64decode(rest).decode()
        except ValueError:
            return self._text(value)
        # The halves are percent-encoded (RFC 6749 section 2.3.1), as a form is.
        user, colon, secret = pair.partition(":")
        halves = [urlencode({"": self._text(_decoded(half))})[1:] for half in (user, secret)]
        return f"{scheme} {base64.b64encode(colon.join(halves).encode()).decode()}"

    def _known_cookies(self, value: str) -> Iterator[str]:
        for pair in value.split(";"):
            name, _, content = pair.strip().partition("=")
            live = self._values.get(content)
            if live is not None or not PLACEHOLDER.fullmatch(content):
                yield f"{name}={live or content}"

    def _body(self, recorded: Request) -> bytes:
        if recorded.media_type == _FORM:
            pairs = [(name, self._parameter(name, value)) for name, value in _pairs(recorded.text)]
            return urlencode(pairs).encode()
        try:
            text = recorded.body.decode()
        except UnicodeDecodeError:
            return recorded.body
        return self._text(text).encode()


def _resource_urls(target: str) -> tuple[str, str]:
    """Where metadata lies for the target itself, and for its whole host."""
    urls = [url for _, url in resource_metadata_urls(target)]
    return urls[0], urls[-1]


def _location(exchange: Exchange, response: Response) -> tuple[str, str]:
    """Where a redirect leads, whole and without its parameters."""
    where = urljoin(exchange.request.url, response.header("location") or "")
    return where, where.partition("?")[0]


def _cookies(response: Response) -> Iterator[tuple[str, str]]:
    for line in response.header_lines("set-cookie"):
        name, _, value = line.partition(";")[0].partition("=")
        yield name.strip(), value.strip()


def _decoded(half: str) -> str:
    return dict(_pairs(f"x={half}")).get("x", "")


def _pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True)
