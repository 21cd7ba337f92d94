"""A sign-in cookie is lost on the way from another site.

What happens
    The server keeps the sign-in in a cookie that browsers withhold when the user arrives from
    another site. It then answers "invalid state" or "missing cookie", or shows its login page over
    and over. This run went through: it sends every cookie, and names the one a browser would keep.

Why it breaks
    `SameSite=Strict` keeps a cookie back from every page load that another site began: the one from
    claude.ai, redirects behind it included, and the way back from an identity provider. (Claude
    Code opens the sign-in itself, so there only the way back is concerned.) With `Lax` it is sent
    for GET, and not for a POST from another site, which is what an identity provider does with
    `response_mode=form_post`. A cookie without the attribute counts as `Lax`, but Chrome still
    sends it with such a POST in its first two minutes, so only slow sign-ins fail. Safari is
    stricter than the others in places: one report saw it withhold `Lax` on the way back by GET.

Fix
    Give the cookie that holds the sign-in `SameSite=Lax`, and `SameSite=None` where the way back is
    a POST:

        Set-Cookie: sign_in=...; Path=/; Secure; HttpOnly; SameSite=Lax

    express-session, then Starlette and FastAPI:

        session({ ..., cookie: { sameSite: "lax", secure: true } })

        SessionMiddleware(app, secret_key=KEY, same_site="lax", https_only=True)

    Where the identity provider answers by POST, ask it for `response_mode=query`, or set this one
    cookie with `SameSite=None; Secure`. Sign in with Apple always posts when it is asked for a name
    or an address. Cookies for users who are signed in already may stay `Strict` if the sign-in
    works without them.

        curl -si 'https://YOUR-ISSUER/authorize?...' | grep -i ^set-cookie

    The cookie of the sign-in has to name `Lax` or `None`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from harness.diagnosis.browsing import loads
from harness.diagnosis.pattern import Pattern
from harness.diagnosis.reading import evidence
from harness.model.answer import Answer, Asked
from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Confidence, Evidence, Impact, Party, Source, Surface
from harness.model.wellknown import UrlError, host
from scenarios.bending import is_authorization
from scenarios.effects import inferred

pattern = Pattern(
    step=Step.LOGIN,
    party=Party.AUTHORIZATION_SERVER,
    impact={Surface.CLAUDE_AI: Impact.BREAKS, Surface.CLAUDE_CODE: inferred(Impact.BREAKS)},
    confidence=Confidence.REPORTED,
    reports=4,
    sources=(
        Source("github.com/jal-co/shieldcn/issues/177", seen="2026-07-04"),
        Source("github.com/deploys-app/console/issues/170", seen="2026-06-01"),
        Source("github.com/instantdb/instant/issues/2892", seen="2026-09-08"),
        Source("github.com/better-auth/better-auth/issues/5322", seen="2025-10"),
    ),
)


@pattern.detect
def detect(trace: Trace) -> Iterator[Evidence]:
    held: dict[str, tuple[str, Exchange]] = {}
    for load in loads(trace):
        # A sign-in that Claude Code opens was begun by no site.
        first = load.hops[0] if load.hops else None
        begun = _begun_by(trace) if first and first.step is Step.AUTHORIZE else None
        source = load.page.request.url if load.page else begun
        for hop in load.hops:
            for name in _sent(hop) if hop.step is not Step.CALLBACK else ():
                same_site, setter = held.get(name, ("", hop))
                if source and _withheld(same_site, source, hop):
                    text = f"{name}=...; SameSite={same_site.capitalize()}"
                    better = "Lax" if same_site == "strict" else "None"
                    yield evidence(setter, "response.header.set-cookie", text, f"SameSite={better}")
                    text = f"{name}, which a browser would keep back"
                    yield evidence(hop, "request.header.cookie", text)
                    return
            held.update(_set(hop))


def _begun_by(trace: Trace) -> str | None:
    return "https://claude.ai/" if trace.surface == Surface.CLAUDE_AI else None


def _withheld(same_site: str, source: str, hop: Exchange) -> bool:
    """Whether a browser keeps the cookie back (RFC 6265bis section 5.2)."""
    if same_site == "strict" or (same_site == "lax" and hop.request.method != "GET"):
        return _site(source) != _site(hop.request.url)
    return False


def _site(url: str) -> str:
    """Roughly the registrable domain: there is no list of public suffixes here."""
    try:
        name = host(url).lower()
    except UrlError:
        return ""
    return name if re.fullmatch(r"[\d.]+|.*:.*", name) else ".".join(name.split(".")[-2:])


def _sent(exchange: Exchange) -> list[str]:
    pairs = (exchange.request.header("cookie") or "").split(";")
    return [pair.partition("=")[0].strip() for pair in pairs if "=" in pair]


def _set(exchange: Exchange) -> dict[str, tuple[str, Exchange]]:
    """The cookies of an answer with their SameSite, in lower case."""
    lines = exchange.response.header_lines("set-cookie") if exchange.response else []
    found = {}
    for line in lines:
        same_site = re.search(r";\s*samesite\s*=\s*(\w+)", line, re.IGNORECASE)
        name = line.partition("=")[0].strip()
        found[name] = (same_site.group(1).lower() if same_site else "", exchange)
    return found


@pattern.fault
def fault(asked: Asked, answer: Answer) -> Answer:
    """A strict cookie, and a redirect that looks whether the browser sends it."""
    cookie = answer.header("set-cookie")
    if cookie is None:
        return answer
    answer = answer.with_header("Set-Cookie", re.sub("(?i)samesite=lax", "SameSite=Strict", cookie))
    if not is_authorization(asked) or asked.header("cookie") is not None:
        return answer
    return replace(answer, status=302, body=b"").with_header("Location", f"{asked.url}&looked=1")
