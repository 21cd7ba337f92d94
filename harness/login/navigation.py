"""How a browser gets from page to page: addresses, redirects and headers that depend on them."""

from dataclasses import dataclass, replace
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from harness.model.trace import Headers, Response
from harness.model.wellknown import UrlError, origin, port, split

_PRINTABLE = frozenset(map(chr, range(0x21, 0x7F)))
_KEPT_IN_PATH = "".join(sorted(_PRINTABLE - set('"<>^`{}')))
_KEPT_IN_QUERY = "".join(sorted(_PRINTABLE - set("\"<>'")))
_CONTROL_AND_SPACE = "".join(map(chr, range(0x21)))
_FORBIDDEN_IN_HOST = frozenset(_CONTROL_AND_SPACE + '\x7f"<>^`{|}%\\')
_DEFAULT_POLICY = "strict-origin-when-cross-origin"
_POLICIES = frozenset(
    {"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin"}
    | {"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url"}
)


class AddressError(ValueError):
    """The target of a form, link or redirect is no http or https address; says what it is."""


@dataclass(frozen=True, kw_only=True)
class Navigation:
    """One page load: what to ask for, and the page it comes from."""

    url: str
    method: str = "GET"
    body: bytes = b""
    content_type: str | None = None
    source: str | None = None
    """The address of the page with the form or link; None for an address typed in."""
    policy: str = _DEFAULT_POLICY
    """The referrer policy in force (Referrer Policy, section 3)."""
    mixed_origins: bool = False
    """A redirect came from a foreign origin, so the origin of a POST is hidden (Fetch, 3.1)."""


def resolve(base: str, reference: str) -> str:
    """The absolute address of a reference as a browser requests it, without a fragment.

    Raises AddressError for other schemes and for what is no address at all.
    """
    try:
        reference = _trimmed(reference)
        is_absolute = reference.lower().startswith(("http://", "https://"))
        parts = urlsplit(reference if is_absolute else urljoin(base, reference))
        scheme, netloc = parts.scheme, _authority(parts)
    except ValueError:
        raise AddressError("something that is no address") from None
    if scheme not in ("http", "https"):
        raise AddressError(f"a {scheme}: address" if scheme else "something that is no address")
    if not netloc:
        raise AddressError("an address without a host")
    path = quote(parts.path or "/", safe=_KEPT_IN_PATH, errors="surrogatepass")
    query = quote(parts.query, safe=_KEPT_IN_QUERY, errors="surrogatepass")
    return urlunsplit((scheme, netloc, path, query, ""))


def _trimmed(reference: str) -> str:
    """A reference without what browsers drop before they read it (URL standard, section 4.4)."""
    reference = reference.strip(_CONTROL_AND_SPACE)
    reference = reference.translate(dict.fromkeys(map(ord, "\t\n\r")))
    scheme, colon, _ = reference.partition(":")
    if colon and scheme.isalpha() and scheme.lower() not in ("http", "https"):
        return reference
    end = min((at for at in map(reference.find, "?#") if at >= 0), default=len(reference))
    return reference[:end].replace("\\", "/") + reference[end:]


def _authority(parts: SplitResult) -> str:
    """Host and port, without user information; raises ValueError."""
    name = parts.hostname or ""
    name = f"[{name}]" if ":" in name else name.encode("idna").decode("ascii")
    if any(character in _FORBIDDEN_IN_HOST for character in name):
        raise ValueError("not a host")
    return name if parts.port is None else f"{name}:{parts.port}"


def is_redirect_uri(url: str, redirect_uri: str) -> bool:
    """True when a request goes to the redirect URI: same scheme, host, port and path."""
    try:
        one, two = split(url), split(redirect_uri)
        same = origin(url) == origin(redirect_uri) and port(url) == port(redirect_uri)
    except UrlError:
        return False
    return same and (one.path or "/") == (two.path or "/")


def redirected(navigation: Navigation, response: Response) -> Navigation:
    """The next load after a redirect (Fetch, HTTP-redirect fetch); raises AddressError.

    301, 302 and 303 turn a POST into a GET; 307 and 308 repeat method and body.
    """
    location = response.header_lines("location")[0]
    url = resolve(navigation.url, location)
    leaves = origin(url) != origin(navigation.url)
    foreign = navigation.source is not None and origin(navigation.source) != origin(navigation.url)
    following = replace(
        navigation,
        url=url,
        policy=referrer_policy(response, navigation.policy),
        mixed_origins=navigation.mixed_origins or (leaves and foreign),
    )
    if response.status in (307, 308):
        return following
    return replace(following, method="GET", body=b"", content_type=None)


def referrer_policy(response: Response, default: str = _DEFAULT_POLICY) -> str:
    """The policy a response sets: the last known word of its Referrer-Policy header."""
    words = (response.header("referrer-policy") or "").lower().replace(",", " ").split()
    return next((word for word in reversed(words) if word in _POLICIES), default)


def request_headers(navigation: Navigation, *, headers: Headers, cookie: str | None) -> Headers:
    """All headers of a page load in wire order: Host, what a POST adds, the given, the rest."""
    complete = [("Host", origin(navigation.url).partition("://")[2])]
    if navigation.method == "POST":
        complete.append(("Content-Length", str(len(navigation.body))))
        complete.append(("Origin", _origin(navigation)))
        if navigation.content_type is not None:
            complete.append(("Content-Type", navigation.content_type))
    complete.extend(headers)
    referer = _referer(navigation)
    if referer is not None:
        complete.append(("Referer", referer))
    if cookie is not None:
        complete.append(("Cookie", cookie))
    return tuple(complete)


def _is_downgrade(navigation: Navigation) -> bool:
    return (navigation.source or "").startswith("https:") and navigation.url.startswith("http:")


def _origin(navigation: Navigation) -> str:
    """The Origin header of a POST (Fetch, `Origin` header); `null` where the policy hides it."""
    source = navigation.source
    if source is None or navigation.mixed_origins:
        return "null"
    match navigation.policy:
        case "no-referrer":
            return "null"
        case "same-origin":
            return origin(source) if origin(source) == origin(navigation.url) else "null"
        case "no-referrer-when-downgrade" | "strict-origin" | "strict-origin-when-cross-origin":
            return "null" if _is_downgrade(navigation) else origin(source)
    return origin(source)


def _referer(navigation: Navigation) -> str | None:
    """The Referer header (Referrer Policy, section 8.3)."""
    if navigation.source is None:
        return None
    whole = navigation.source
    bare = origin(whole) + "/"
    same = origin(whole) == origin(navigation.url)
    downgrade = _is_downgrade(navigation)
    match navigation.policy:
        case "no-referrer":
            return None
        case "same-origin":
            return whole if same else None
        case "origin":
            return bare
        case "strict-origin":
            return None if downgrade else bare
        case "origin-when-cross-origin":
            return whole if same else bare
        case "unsafe-url":
            return whole
        case "no-referrer-when-downgrade":
            return None if downgrade else whole
    if downgrade:
        return None
    return whole if same else bare
