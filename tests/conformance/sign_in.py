"""Plays the person in a browser: signs in with what the form holds, approves, and is sent back.

    python tests/conformance/sign_in.py AUTHORIZATION_URL

Follows redirects with a cookie jar, submits each form as it is filled in, and presses the first
button. Ends at the first page without a form.
"""

import sys
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, build_opener

MANY_PAGES = 10


class _Form(HTMLParser):
    """The first form of a page, as a person would submit it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._pressed = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "form" if self.action is None:
                self.action = given.get("action", "")
            case "input" if "name" in given:
                self.fields[given["name"]] = given.get("value", "")
            case "button" if not self._pressed:
                self._pressed = True
                if "name" in given:
                    self.fields[given["name"]] = given.get("value", "")


def sign_in(url: str) -> str:
    """Where the browser ends up."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    data: bytes | None = None
    for _ in range(MANY_PAGES):
        with browser.open(url, data, timeout=10) as response:
            where, page = response.geturl(), response.read().decode("utf-8", "replace")
        form = _Form(page)
        if form.action is None:
            return str(where)
        url, data = urljoin(where, form.action), urlencode(form.fields).encode()
    raise RuntimeError(f"still a form after {MANY_PAGES} pages: {url}")


if __name__ == "__main__":
    print(sign_in(sys.argv[1]))
