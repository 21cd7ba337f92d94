"""Addresses, redirects, referrers and cookies follow the rules of browsers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.login.cookies import Jar, cookie_header, store
from harness.login.navigation import (
    AddressError,
    Navigation,
    is_redirect_uri,
    redirected,
    referrer_policy,
    request_headers,
    resolve,
)
from harness.model.trace import Response
from harness.model.wellknown import is_http_url

BASE = "https://as.example/a/b?q=1"


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("c", "https://as.example/a/c"),
        ("/c#part", "https://as.example/c"),
        ("?x=1", "https://as.example/a/b?x=1"),
        ("../../../c", "https://as.example/c"),
        ("//other.example/x", "https://other.example/x"),
        ("\\\\other.example\\x?y=\\", "https://other.example/x?y=\\"),
        (" \t/c\n/d ", "https://as.example/c/d"),
        ("HTTP://User:pw@OTHER.example:80/é ü?ä b={c}", "http://other.example:80/%C3%A9%20%C3%BC?%C3%A4%20b={c}"),
        ("https://bücher.example", "https://xn--bcher-kva.example/"),
        ("https://[::1]:8/x", "https://[::1]:8/x"),
        ("", "https://as.example/a/b?q=1"),
        ("/%zz%2F\udc80", "https://as.example/%zz%2F%ED%B2%80"),
    ],
)  # fmt: skip
def test_references_resolve_as_in_a_browser(reference: str, url: str) -> None:
    assert resolve(BASE, reference) == url


@pytest.mark.parametrize(
    "reference",
    [
        "javascript:x",
        "mailto:a@b",
        "claude://x",
        "data:text/html,x",
        "https://a b/",
        "https://a:b/",
        "http://%zz/",
        "https://[",
        "https:///x",
        "HTTPS://",
        "https://" + "a" * 70 + ".example",
    ],
)
def test_other_targets_are_refused(reference: str) -> None:
    with pytest.raises(AddressError):
        resolve(BASE, reference)


@given(st.text(max_size=40))
def test_a_resolved_address_can_be_requested(reference: str) -> None:
    try:
        url = resolve(BASE, reference)
    except AddressError:
        return
    assert is_http_url(url)
    assert url.isascii()
    assert "#" not in url


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://claude.ai/cb?code=1", True),
        ("https://CLAUDE.ai:443/cb", True),
        ("http://claude.ai/cb", False),
        ("https://claude.ai:8443/cb", False),
        ("https://claude.ai/cb/", False),
        ("https://claude.ai/CB", False),
        ("https://x.claude.ai/cb", False),
    ],
)
def test_what_is_the_redirect_uri(url: str, same: bool) -> None:
    assert is_redirect_uri(url, "https://claude.ai/cb") is same


POST = Navigation(
    url="https://as.example/consent",
    method="POST",
    body=b"a=1",
    content_type="application/x-www-form-urlencoded",
    source="https://as.example/page?secret=1",
)


def moved(status: int, location: str, navigation: Navigation = POST) -> Navigation:
    return redirected(navigation, Response(status=status, headers=(("Location", location),)))


@pytest.mark.parametrize(
    ("status", "method"),
    [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")],
)
def test_a_redirect_keeps_or_drops_the_body(status: int, method: str) -> None:
    after = moved(status, "/next")
    assert after.method == method
    assert bool(after.body) is bool(after.content_type) is (method == "POST")


def named(navigation: Navigation, name: str) -> str | None:
    headers = dict(request_headers(navigation, headers=(), cookie=None))
    return headers.get(name)


@pytest.mark.parametrize(
    ("policy", "same", "foreign", "downgrade", "origin"),
    [
        ("no-referrer", None, None, None, "null"),
        ("same-origin", "full", None, None, "https://as.example"),
        ("origin", "bare", "bare", "bare", "https://as.example"),
        ("strict-origin", "bare", "bare", None, "https://as.example"),
        ("origin-when-cross-origin", "full", "bare", "bare", "https://as.example"),
        ("strict-origin-when-cross-origin", "full", "bare", None, "https://as.example"),
        ("no-referrer-when-downgrade", "full", "full", None, "https://as.example"),
        ("unsafe-url", "full", "full", "full", "https://as.example"),
    ],
)
def test_the_referrer_policy_decides_referer_and_origin(
    policy: str, same: str | None, foreign: str | None, downgrade: str | None, origin: str
) -> None:
    values = {"full": POST.source, "bare": "https://as.example/", None: None}
    for url, expected in [
        ("https://as.example/x", same),
        ("https://b.example/x", foreign),
        ("http://as.example/x", downgrade),
    ]:
        navigation = Navigation(url=url, method="POST", source=POST.source, policy=policy)
        assert named(navigation, "Referer") == values[expected]
    here = Navigation(url=POST.url, method="POST", source=POST.source, policy=policy)
    assert named(here, "Origin") == origin


def test_the_origin_is_hidden_after_a_foreign_redirect() -> None:
    once = moved(307, "https://b.example/x")
    assert named(once, "Origin") == "https://as.example"
    assert named(moved(307, "https://c.example/x", once), "Origin") == "null"


def test_the_last_known_policy_counts() -> None:
    response = Response(status=200, headers=(("Referrer-Policy", "origin, no-referrer, new"),))
    assert referrer_policy(response) == "no-referrer"
    assert referrer_policy(Response(status=200)) == "strict-origin-when-cross-origin"


def jar_of(*lines: str, url: str = "https://a.as.example/x/y", now: float = 100.0) -> Jar:
    return store((), url=url, lines=lines, now=now)


def cookies(jar: Jar, url: str, now: float = 100.0) -> str | None:
    return cookie_header(jar, url=url, now=now)


@pytest.mark.parametrize(
    ("line", "url", "sent"),
    [
        ("a=1", "https://a.as.example/x/z", True),
        ("a=1", "https://a.as.example/x", True),
        ("a=1", "https://a.as.example/", False),
        ("a=1", "https://b.a.as.example/x/", False),
        ("a=1", "https://as.example/x/", False),
        ("a=1; Domain=.AS.example", "https://b.as.example/x/", True),
        ("a=1; Domain=a.as.example", "https://c.a.as.example/x/", True),
        ("a=1; Domain=b.as.example", "https://b.as.example/x/", False),
        ("a=1; Domain=example", "https://b.example/x/", False),
        ("a=1; Domain=s.example", "https://as.example/x/", False),
        ("a=1; Path=/", "https://a.as.example/", True),
        ("a=1; Path=/xy", "https://a.as.example/xyz", False),
        ("a=1; Path=/xy", "https://a.as.example/xy/z", True),
        ("a=1; Path=none", "https://a.as.example/x/", True),
        ("a=1; Secure", "http://a.as.example/x/", False),
        ("a=1", "http://a.as.example/x/", True),
        ("a=1; Max-Age=0", "https://a.as.example/x/", False),
        ("a=1; Max-Age=-5", "https://a.as.example/x/", False),
        ("a=1; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:01 GMT", "https://a.as.example/x/", True),
        ("a=1; Expires=Thu, 01-Jan-1970 00:00:01 GMT", "https://a.as.example/x/", False),
        ("a=1; Expires=Thu, 01 Jan 2099 00:00:01 GMT", "https://a.as.example/x/", True),
        ("a=1; Expires=nonsense; Max-Age=x", "https://a.as.example/x/", True),
        ("__Host-a=1; Path=/; Secure", "https://a.as.example/", True),
        ("__Host-a=1; Path=/x; Secure", "https://a.as.example/x/", False),
        ("__host-a=1; Path=/; Secure; Domain=as.example", "https://a.as.example/", False),
        ("__Secure-a=1; Path=/", "https://a.as.example/", False),
        ("a=1\r\nX: y", "https://a.as.example/x/", False),
        ("=; Path=/", "https://a.as.example/", False),
        (f"a={'b' * 5000}", "https://a.as.example/x/", False),
    ],
)
def test_which_cookies_are_sent_where(line: str, url: str, sent: bool) -> None:
    assert (cookies(jar_of(line), url) is not None) is sent


def test_cookies_are_replaced_deleted_and_ordered() -> None:
    url = "https://a.as.example/x/y"
    jar = jar_of("a=1", "b=2; Path=/", "c=3; Path=/x/y", "nameless", "a=4", "e=")
    assert cookies(jar, url) == "c=3; a=4; nameless; e=; b=2"
    jar = store(jar, url=url, lines=["a=; Max-Age=0", "b=; Max-Age=0"], now=100)
    assert cookies(jar, url) == "c=3; nameless; e=; b=2"
    assert cookies(jar_of("a=1; Max-Age=5"), url, now=106) is None


def test_secure_cookies_need_a_secure_or_local_page() -> None:
    assert jar_of("a=1; Secure", url="http://as.example/") == ()
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000", "x.localhost"):
        url = f"http://{host}/"
        assert cookies(jar_of("a=1; Secure; Path=/", url=url), url) == "a=1"
    jar = jar_of("a=1; Secure; Path=/", url="https://as.example/")
    jar = store(jar, url="http://as.example/", lines=["a=2; Path=/"], now=0)
    assert cookies(jar, "https://as.example/") == "a=1"


def test_an_address_sets_cookies_only_for_itself() -> None:
    url = "http://10.0.0.1/"
    assert jar_of("a=1; Domain=0.0.1", url=url) == ()
    assert cookies(jar_of("a=1; Domain=10.0.0.1", url=url), url) == "a=1"


def test_a_flood_of_cookies_is_bounded() -> None:
    jar = jar_of(*(f"c{number}=1" for number in range(5000)))
    assert len(jar) == 180


@given(st.text(max_size=80))
def test_no_set_cookie_line_makes_the_jar_fail(line: str) -> None:
    jar = jar_of(line, f"a=1;{line}", f"a=1; Expires={line}", f"a=1; Max-Age={line}")
    sent = cookies(jar, "https://a.as.example/x/y")
    assert sent is None or not set(sent) & set("\r\n\0")
