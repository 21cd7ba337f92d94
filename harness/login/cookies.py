"""The cookies of one sign-in, kept and sent as a browser does (RFC 6265, section 5).

The time is a parameter, so a replay sends what the run it replays sent. There is no list of
public suffixes: a cookie for a bare top-level domain is refused, one for `co.uk` is not.
"""

import ipaddress
from calendar import timegm
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_tz

from harness.model.wellknown import host, split

_MOST_COOKIES = 180
_LONGEST_COOKIE = 4096


@dataclass(frozen=True, kw_only=True)
class Cookie:
    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    secure: bool
    expires: float | None = None
    """Seconds since the epoch; None for the length of the sign-in."""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.name, self.domain, self.path


type Jar = tuple[Cookie, ...]


def store(jar: Jar, *, url: str, lines: Iterable[str], now: float) -> Jar:
    """The jar after a response from `url` with these Set-Cookie lines."""
    kept = {cookie.key: cookie for cookie in jar}
    for line in lines:
        cookie = parse(line, url=url, now=now)
        if cookie is None or _shadows_secure(cookie, jar=kept.values(), url=url):
            continue
        if cookie.expires is not None and cookie.expires <= now:
            kept.pop(cookie.key, None)
        elif cookie.key in kept or len(kept) < _MOST_COOKIES:
            kept[cookie.key] = cookie
    return tuple(kept.values())


def cookie_header(jar: Jar, *, url: str, now: float) -> str | None:
    """The Cookie header for a request to `url`, longer paths first; None when there is none."""
    path = split(url).path or "/"
    fitting = [
        cookie
        for cookie in jar
        if _domain_fits(cookie, host(url))
        and _path_fits(cookie.path, path)
        and (not cookie.secure or _is_secure(url))
        and (cookie.expires is None or cookie.expires > now)
    ]
    fitting.sort(key=lambda cookie: -len(cookie.path))
    pairs = (f"{one.name}={one.value}" if one.name else one.value for one in fitting)
    return "; ".join(pairs) or None


def parse(line: str, *, url: str, now: float) -> Cookie | None:
    """A cookie from a Set-Cookie line, None when a browser would not take it."""
    pair, *rest = line.split(";")
    name, equals, value = pair.partition("=")
    name, value = (name.strip(), value.strip()) if equals else ("", name.strip())
    if not (name or value) or len(name) + len(value) > _LONGEST_COOKIE:
        return None
    if any(ord(character) < 32 or ord(character) == 127 for character in name + value):
        return None
    attributes = _attributes(rest)
    domain = _domain(attributes.get("domain", ""), host(url).lower())
    if domain is None:
        return None
    path = attributes.get("path", "")
    cookie = Cookie(
        name=name,
        value=value,
        domain=domain or host(url).lower(),
        host_only=not domain,
        path=path if path.startswith("/") else _default_path(split(url).path),
        secure="secure" in attributes,
        expires=_expires(attributes, now),
    )
    allowed = not cookie.secure or _is_secure(url)
    return cookie if allowed and _prefix_kept(cookie, path) else None


def _attributes(parts: Iterable[str]) -> dict[str, str]:
    """The attributes by lower-case name; of repeated ones the last counts (section 5.3)."""
    pairs = (part.partition("=") for part in parts)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _domain(wanted: str, of_host: str) -> str | None:
    """The domain of a cookie, empty for the host alone, None when the host may not set it."""
    wanted = wanted.removeprefix(".").lower()
    if not wanted:
        return ""
    if wanted == of_host:
        return "" if _is_address(of_host) or "." not in of_host else wanted
    if "." not in wanted or _is_address(of_host) or not of_host.endswith("." + wanted):
        return None
    return wanted


def _domain_fits(cookie: Cookie, of_host: str) -> bool:
    name = of_host.lower()
    return name == cookie.domain or (not cookie.host_only and name.endswith("." + cookie.domain))


def _default_path(path: str) -> str:
    """The directory of the request path (section 5.1.4)."""
    return path.rpartition("/")[0] or "/"


def _path_fits(cookie_path: str, path: str) -> bool:
    if path == cookie_path:
        return True
    return path.startswith(cookie_path) and (
        cookie_path.endswith("/") or path[len(cookie_path)] == "/"
    )


def _expires(attributes: dict[str, str], now: float) -> float | None:
    """Max-Age before Expires (section 5.3); an unreadable value counts as absent."""
    age = attributes.get("max-age", "")
    digits = age.removeprefix("-")
    if digits.isascii() and digits.isdigit():
        return now - 1 if age.startswith("-") else now + int(digits[:12])
    try:
        parts = parsedate_tz(attributes.get("expires", ""))
        return float(timegm((*parts[:6], 0, 0, 0)) - (parts[9] or 0)) if parts else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _prefix_kept(cookie: Cookie, given_path: str) -> bool:
    """Whether the promise of a `__Host-` or `__Secure-` name is kept (RFC 6265bis, 4.1.3)."""
    name = cookie.name.lower()
    if name.startswith("__host-"):
        return cookie.secure and cookie.host_only and given_path == "/"
    return cookie.secure or not name.startswith("__secure-")


def _shadows_secure(cookie: Cookie, *, jar: Iterable[Cookie], url: str) -> bool:
    """True for a cookie from an insecure page in place of a secure one (RFC 6265bis, 5.7)."""
    if _is_secure(url):
        return False
    return any(
        one.secure
        and one.name == cookie.name
        and (_domain_fits(one, cookie.domain) or _domain_fits(cookie, one.domain))
        and _path_fits(one.path, cookie.path)
        for one in jar
    )


def _is_secure(url: str) -> bool:
    """True for https, and for loopback hosts, which browsers trust with Secure cookies."""
    name = host(url).lower()
    if split(url).scheme == "https" or name == "localhost" or name.endswith(".localhost"):
        return True
    return _is_address(name) and ipaddress.ip_address(name.partition("%")[0]).is_loopback


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
