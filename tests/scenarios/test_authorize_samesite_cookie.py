"""Which cookies a browser keeps back on the way through a sign-in (RFC 6265bis)."""

from harness.model.trace import Exchange, Step, Trace
from harness.model.verdict import Surface
from scenarios.hand_made import recorded, traffic
from scenarios.login.authorize_samesite_cookie import detect

SERVER = "https://auth.example.com"
PROVIDER = "https://login.example.net"


def answered(
    step: Step, url: str, cookie: str | None = None, *, to: str | None = None, **asked: str
) -> Exchange:
    """An exchange of the browser; `to` makes it a redirect, `asked` has method and sent cookies."""
    headers = [("Set-Cookie", cookie)] if cookie else []
    if to:
        headers.append(("Location", to))
    return recorded(
        step,
        url,
        method=asked.get("method", "GET"),
        sent=(("Cookie", asked["sent"]),) if "sent" in asked else (),
        status=302 if to else 200,
        headers=tuple(headers),
    )


def through_a_provider(same_site: str, method: str = "GET") -> Trace:
    back = f"{SERVER}/return"
    return traffic(
        answered(Step.AUTHORIZE, f"{SERVER}/authorize", f"tx=1; SameSite={same_site}", to=PROVIDER),
        answered(Step.LOGIN, PROVIDER),
        *(
            [answered(Step.LOGIN, f"{PROVIDER}/in", to=back, method="POST")]
            if method == "GET"
            else []
        ),
        answered(Step.LOGIN, back, method=method, sent="tx=1"),
    )


def test_a_strict_cookie_is_missing_on_the_way_back_from_another_site() -> None:
    found = list(detect(through_a_provider("Strict")))
    assert [one.exchange for one in found] == [1, 4]
    assert found[0].quote == "tx=...; SameSite=Strict"


def test_a_lax_cookie_is_missing_only_in_a_post_from_another_site() -> None:
    assert list(detect(through_a_provider("Lax"))) == []
    assert list(detect(through_a_provider("lax", "POST")))
    assert list(detect(through_a_provider("None", "POST"))) == []


def test_a_strict_cookie_does_no_harm_within_a_site() -> None:
    trace = traffic(
        answered(Step.AUTHORIZE, f"{SERVER}/authorize", "tx=1; SameSite=Strict"),
        answered(Step.LOGIN, "https://www.example.com/consent", method="POST", sent="tx=1"),
    )
    assert list(detect(trace)) == []


def test_only_claude_on_the_web_is_another_site_at_the_start() -> None:
    exchanges = (
        answered(Step.AUTHORIZE, f"{SERVER}/authorize", "tx=1; SameSite=Strict", to="/login"),
        answered(Step.LOGIN, f"{SERVER}/login", sent="tx=1"),
    )
    assert list(detect(traffic(*exchanges)))
    assert list(detect(traffic(*exchanges, surface=Surface.CLAUDE_CODE))) == []
