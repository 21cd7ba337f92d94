"""A sign-in without a person gets through real kinds of pages, and says where it cannot."""

from urllib.parse import urlsplit

import pytest
from fake_web import (
    AUTHORIZE,
    CALLBACK,
    form_of,
    header,
    html,
    query_of,
    redirect,
    visit,
    without_query,
)

from harness.client.events import Send
from harness.model.trace import (
    Failure,
    FailureKind,
    NoteKind,
    Purpose,
    Response,
    Step,
    Voice,
)

AS = "https://as.example"
DONE = f"{CALLBACK}?code=abc&state=s1"

CONSENT_BY_FASTMCP = """
<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><title>Application Access Request</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'">
<style>.btn { color: red }</style></head><body><div class="container">
<h1>Application Access Request</h1>
<p>The application <strong>Claude</strong> wants to access the MCP server <b>Notes</b>.</p>
<details><summary>Advanced Details</summary><div>Client ID</div><div>c1</div></details>
<form id="consentForm" method="POST" action="">
  <input type="hidden" name="txn_id" value="t&quot;1" />
  <input type="hidden" name="csrf_token" value="x-y_z" />
  <input type="hidden" name="submit" value="true" />
  <div class="button-group">
    {buttons}
  </div>
</form></div></body></html>
"""
ALLOW = '<button type="submit" name="action" value="approve" class="a">Allow Access</button>'
DENY = '<button type="submit" name="action" value="deny" class="d">Deny</button>'

LOGIN_BY_KEYCLOAK = """
<!DOCTYPE html><html class="login-pf"><head><title>Sign in to demo</title>
<script src="/js/menu.js" type="module"></script></head><body>
<div id="kc-locale"><a href="#" id="kc-current-locale-link">English</a></div>
{alert}
<form id="kc-form-login" onsubmit="login.disabled = true; return true;"
 action="{action}" method="post">
 <label for="username">Username or email</label>
 <input tabindex="2" id="username" name="username" value="" type="text" autofocus
   autocomplete="username">
 <input tabindex="3" id="password" name="password" value="" type="password">
 <button type="button" aria-label="Show password" data-password-toggle>eye</button>
 <input id="rememberMe" name="rememberMe" type="checkbox"> Remember me
 <a href="/realms/demo/login-actions/reset-credentials">Forgot Password?</a>
 <input type="hidden" id="id-hidden-input" name="credentialId">
 <input tabindex="7" name="login" id="kc-login" type="submit" value="Sign In">
</form>
<div id="kc-registration"><a href="/realms/demo/registration">Register</a></div>
</body></html>
"""

SCRIPT_ONLY = """
<!DOCTYPE html><html><head><title>Log in | Notes</title>
<link rel="shortcut icon" href="/i.png"><script src="/main.bundle.js"></script></head>
<body><noscript>Please enable JavaScript to log in.</noscript><div id="root"></div>
<script>window.config = "<form action=/evil><button>Allow</button></form>";</script></body></html>
"""


def consent(*buttons: str) -> Response:
    return html(CONSENT_BY_FASTMCP.replace("{buttons}", "\n".join(buttons)))


def page(body: str, title: str = "Sign in") -> Response:
    return html(f"<html><head><title>{title}</title></head><body>{body}</body></html>")


def test_a_server_that_approves_by_itself_needs_one_redirect() -> None:
    done = visit({f"{AS}/authorize": redirect(DONE)}, exploration=True)
    assert [(one.step, one.purpose) for one in done.sends] == [
        (Step.AUTHORIZE, Purpose.AUTHORIZE),
        (Step.CALLBACK, Purpose.CALLBACK),
    ]
    assert all(one.voice is Voice.BROWSER and one.exploration for one in done.sends)
    assert done.result is not None
    assert done.result.request.url == DONE
    assert done.notes == []


@pytest.mark.parametrize("buttons", [(ALLOW, DENY), (DENY, ALLOW)], ids=["first", "last"])
def test_consent_is_approved_wherever_the_button_stands(buttons: tuple[str, str]) -> None:
    def authorize(send: Send) -> Response:
        return redirect(f"{AS}/consent?txn_id=1")

    def at_consent(send: Send) -> Response:
        return redirect(DONE) if send.method == "POST" else consent(*buttons)

    done = visit({f"{AS}/authorize": authorize, f"{AS}/consent": at_consent})
    assert done.result is not None
    assert done.result.request.url == DONE
    post = done.sends[2]
    assert (post.step, post.purpose, post.method) == (Step.LOGIN, Purpose.PAGE, "POST")
    assert post.url == f"{AS}/consent?txn_id=1"
    assert form_of(post) == {
        "txn_id": ['t"1'],
        "csrf_token": ["x-y_z"],
        "submit": ["true"],
        "action": ["approve"],
    }
    assert [name for name, _ in post.headers] == [
        "Host",
        "Content-Length",
        "Origin",
        "Content-Type",
        "User-Agent",
        "Accept",
        "Referer",
    ]
    assert header(post, "Host") == "as.example"
    assert header(post, "Origin") == AS
    assert header(post, "Referer") == f"{AS}/consent?txn_id=1"
    assert header(post, "Content-Length") == str(len(post.body))
    assert header(done.sends[0], "Referer") is None
    callback = done.sends[-1]
    assert (callback.method, callback.body) == ("GET", b"")
    assert header(callback, "Origin") is None
    assert header(callback, "Content-Type") is None
    assert header(callback, "Referer") == f"{AS}/"
    assert "Allow Access" in done.notes[0].text


def keycloak(send: Send, password: str = "right") -> Response:
    action = "/realms/demo/login-actions/authenticate?session_code={}&amp;execution=e1&amp;tab_id=t"
    if send.method == "GET":
        return html(
            LOGIN_BY_KEYCLOAK.format(action=action.format(1), alert=""),
            headers=(
                ("Set-Cookie", "AUTH_SESSION_ID=a; Path=/realms/demo/; Secure; HttpOnly"),
                ("Set-Cookie", "KC_RESTART=r; Path=/realms/demo/; Secure"),
                ("Referrer-Policy", "no-referrer"),
            ),
        )
    if form_of(send)["password"] == [password]:
        return redirect(DONE)
    alert = (
        '<span id="input-error" aria-live="polite" class="kc-error">Invalid user\x1b[31m.</span>'
    )
    return html(LOGIN_BY_KEYCLOAK.format(action=action.format(2), alert=alert))


KEYCLOAK = {
    f"{AS}/authorize": redirect(f"{AS}/realms/demo/protocol/openid-connect/auth?x=1"),
    f"{AS}/realms/demo/protocol/openid-connect/auth": keycloak,
    f"{AS}/realms/demo/login-actions/authenticate": keycloak,
}


def test_a_login_form_is_filled_by_name_in_any_case() -> None:
    done = visit(KEYCLOAK, fields={"USERNAME": "ann", "password": "right"})
    assert done.result is not None
    post = done.sends[2]
    assert query_of(post)["session_code"] == ["1"]
    assert form_of(post) == {
        "username": ["ann"],
        "password": ["right"],
        "credentialId": [""],
        "login": ["Sign In"],
    }
    assert header(post, "Cookie") == "AUTH_SESSION_ID=a; KC_RESTART=r"
    assert (header(post, "Referer"), header(post, "Origin")) == (None, "null")


def test_a_login_form_without_answers_needs_a_person_and_names_its_fields() -> None:
    done = visit(KEYCLOAK)
    assert done.result is None
    assert done.human.step is Step.LOGIN
    assert done.human.data["fields"] == ["username", "password"]
    assert done.human.data["title"] == "Sign in to demo"
    assert "asks for username, password" in done.human.text
    assert done.human.data["status"] == 200
    assert str(done.human.data["url"]).startswith(f"{AS}/realms/demo/protocol")
    assert "Username or email" in str(done.human.data["text"])


@pytest.mark.parametrize("status", [200, 401, 422])
def test_a_refused_password_shows_what_the_page_says(status: int) -> None:
    def answer(send: Send) -> Response:
        response = keycloak(send)
        if send.method == "GET" or response.is_redirect:
            return response
        return Response(status=status, headers=response.headers, body=response.body)

    web = {**KEYCLOAK, f"{AS}/realms/demo/login-actions/authenticate": answer}
    done = visit(web, fields={"username": "ann", "password": "wrong"})
    assert done.result is None
    assert len(done.sends) == 3
    assert "same form again" in done.human.text
    assert "Invalid user ." in done.human.text
    assert done.human.data["status"] == status
    assert done.human.data["fields"] == ["username", "password", "rememberMe"]


def test_a_page_built_by_a_script_needs_a_person() -> None:
    done = visit({f"{AS}/authorize": html(SCRIPT_ONLY)})
    assert done.result is None
    assert "script" in done.human.text
    assert done.human.data["text"] == "Please enable JavaScript to log in."
    assert len(done.sends) == 1


def test_a_sign_in_in_two_steps_takes_both_answers() -> None:
    first = "<form method=post action=login><input type=email name=identifier><button>Next</button>"
    second = (
        '<form method=post action=login><input type=hidden name=identifier value="{}">'
        "<input type=password name=password><button>Next</button></form>"
    )

    def login(send: Send) -> Response:
        form = form_of(send)
        if "password" in form:
            return redirect(DONE)
        return page(second.format(form["identifier"][0]))

    web = {f"{AS}/authorize": page(first), f"{AS}/login": login}
    done = visit(web, fields={"identifier": "a@b.c", "password": "p w&1"})
    assert done.result is not None
    assert form_of(done.sends[2]) == {"identifier": ["a@b.c"], "password": ["p w&1"]}


def test_a_button_outside_its_form_belongs_to_it() -> None:
    body = """
    <form id=search action=/search><input name=q></form>
    <form id="decide" method="POST" action="/decide"><input type=hidden name=t value=1></form>
    <button form="decide" name=d value=no>Nope, cancel</button>
    <button form="decide" name=d value=yes formaction="/really" formmethod=post
      formenctype="text/plain">Go on and <b>approve</b></button>
    """
    done = visit({f"{AS}/authorize": page(body), f"{AS}/really": redirect(DONE)})
    assert done.result is not None
    assert done.paths[1] == f"POST {AS}/really"
    assert header(done.sends[1], "Content-Type") == "text/plain"
    assert done.sends[1].body == b"t=1\r\nd=yes\r\n"


def test_separate_forms_for_approve_and_deny() -> None:
    form = "<form method=post action=/ok><input name=ok type=hidden value={}><button>{}</button>"
    body = form.format("false", "Deny") + "</form>" + form.format("true", "Approve") + "</form>"
    done = visit({f"{AS}/authorize": page(body), f"{AS}/ok": redirect(DONE)})
    assert form_of(done.sends[1]) == {"ok": ["true"]}


def test_cookies_stay_with_their_host_over_a_chain_of_redirects() -> None:
    idp = "https://idp.example"
    web = {
        f"{AS}/authorize": redirect(
            f"{idp}/start", headers=(("Set-Cookie", "__Host-as=1; Path=/; Secure"),)
        ),
        f"{idp}/start": redirect("../here?a=b#part", headers=(("Set-Cookie", "idp=2"),)),
        f"{idp}/here": redirect(f"{AS}/back", status=303),
        f"{AS}/back": redirect(DONE, status=301),
    }
    done = visit(web)
    assert [(without_query(one.url), header(one, "Cookie")) for one in done.sends] == [
        (f"{AS}/authorize", None),
        (f"{idp}/start", None),
        (f"{idp}/here", "idp=2"),
        (f"{AS}/back", "__Host-as=1"),
        (CALLBACK, None),
    ]
    assert done.sends[2].url == f"{idp}/here?a=b"


def test_a_cookie_expires_by_the_time_of_the_exchange() -> None:
    cookie = "a=1; Expires=Thu, 01-Jan-1970 00:01:00 GMT"

    def started(number: int) -> float:
        return 10.0 if number == 1 else 61.0

    web = {
        f"{AS}/authorize": redirect("/one", headers=(("Set-Cookie", cookie),)),
        f"{AS}/one": redirect("/two"),
        f"{AS}/two": redirect(DONE),
    }
    sends = visit(web, started=started).sends
    assert [header(one, "Cookie") for one in sends[1:3]] == ["a=1", None]


@pytest.mark.parametrize("status", [307, 308])
def test_a_consent_answered_with_307_posts_to_the_redirect_uri(status: int) -> None:
    def authorize(send: Send) -> Response:
        return redirect(DONE, status=status) if send.method == "POST" else consent(ALLOW, DENY)

    done = visit({f"{AS}/authorize": authorize, CALLBACK: html("no", status=405)})
    first, callback = done.sends[1:]
    assert (callback.step, callback.method, callback.url) == (Step.CALLBACK, "POST", DONE)
    assert callback.body == first.body != b""
    assert header(callback, "Content-Type") == "application/x-www-form-urlencoded"
    assert header(callback, "Content-Length") == str(len(callback.body))
    assert header(callback, "Origin") == AS
    assert done.result is not None
    assert done.result.status == 405


def test_an_error_redirect_reaches_the_redirect_uri() -> None:
    web = {f"{AS}/authorize": redirect(f"{CALLBACK}?error=access_denied&state=s1")}
    done = visit(web)
    assert done.result is not None
    assert done.result.request.url.endswith("error=access_denied&state=s1")


def test_what_the_redirect_uri_answers_is_not_followed() -> None:
    web = {f"{AS}/authorize": redirect(DONE), CALLBACK: redirect("claude://connected")}
    done = visit(web)
    assert done.result is not None
    assert done.result.status == 302
    assert done.notes == []


def test_a_form_that_posts_itself_to_the_redirect_uri() -> None:
    body = f"""<body onload="document.forms[0].submit()"><form method="post" action="{CALLBACK}">
    <input type="hidden" name="code" value="abc"/><input type="hidden" name="state" value="s1"/>
    </form></body>"""
    done = visit({f"{AS}/authorize": html(body)})
    assert done.sends[1].step is Step.CALLBACK
    assert form_of(done.sends[1]) == {"code": ["abc"], "state": ["s1"]}
    assert done.result is not None


def test_the_redirect_uri_is_known_by_host_port_and_path() -> None:
    loopback = "http://localhost:3118/callback"
    web = {
        f"{AS}/authorize": redirect("http://localhost/callback?code=1"),
        "http://localhost/callback": redirect("http://LOCALHOST:3118/callback/?code=1"),
        "http://localhost:3118/callback/": redirect(f"{loopback}?code=1"),
        loopback: html("ok"),
    }
    done = visit(web, redirect_uri=loopback)
    assert [one.step for one in done.sends] == [
        Step.AUTHORIZE,
        Step.LOGIN,
        Step.LOGIN,
        Step.CALLBACK,
    ]


def test_a_redirect_loop_ends_and_names_the_circle() -> None:
    web = {f"{AS}/authorize": redirect("/a"), f"{AS}/a": redirect("/b"), f"{AS}/b": redirect("/a")}
    done = visit(web)
    note = done.note(NoteKind.DECISION)
    assert done.result is None
    assert len(done.sends) == 21
    assert note.step is Step.LOGIN
    assert "in a circle" in note.text
    assert f"{AS}/a → {AS}/b → {AS}/a" in note.text or f"{AS}/b → {AS}/a → {AS}/b" in note.text
    assert note.data["login_error"] == 302


def test_twenty_redirects_are_followed() -> None:
    web: dict[str, Response] = {f"{AS}/authorize": redirect("/1")}
    web |= {f"{AS}/{n}": redirect(f"/{n + 1}") for n in range(1, 19)}
    web[f"{AS}/19"] = redirect(DONE)
    assert visit(web).result is not None
    web[f"{AS}/19"] = redirect("/20")
    web[f"{AS}/20"] = redirect(DONE)
    assert "more than 20 times" in visit(web).note(NoteKind.DECISION).text


def stairs(pages: int) -> dict[str, Response]:
    web = {
        f"{AS}/{n}": page(f"<form action=/{n + 1} method=post><button>Next</button></form>")
        for n in range(1, pages)
    }
    web[f"{AS}/authorize"] = web.pop(f"{AS}/1")
    web[f"{AS}/{pages}"] = page(f'<form action="{CALLBACK}"><button>Next</button></form>')
    return web


def test_ten_pages_are_walked_but_not_eleven() -> None:
    assert visit(stairs(10)).result is not None
    done = visit(stairs(11))
    assert done.result is None
    assert "more than 10 pages" in done.human.text
    assert done.human.data["title"] == "Sign in"
    assert len(done.sends) == 11
    gone = visit({**stairs(11), f"{AS}/11": html("<h1>Gone", status=410)})
    assert gone.note(NoteKind.DECISION).data["login_error"] == 410


def test_a_meta_refresh_is_followed() -> None:
    target = DONE.replace("&", "&amp;")
    head = f"<META HTTP-EQUIV=Refresh CONTENT='0; URL=\"{target}\"'><title>Back to Claude</title>"
    done = visit({f"{AS}/authorize": html(head)})
    assert done.sends[1].url == DONE
    assert done.result is not None


def test_a_refresh_header_is_followed() -> None:
    web = {f"{AS}/authorize": html("<p>wait", headers=(("Refresh", f"1;url={DONE}"),))}
    assert visit(web).result is not None


def test_a_late_refresh_and_one_for_lack_of_scripts_are_not_followed() -> None:
    late = '<meta http-equiv=refresh content="300; url=/expired">'
    without = (
        '<noscript><meta http-equiv=refresh content="0; url=/nojs"></noscript><script></script>'
    )
    for body in (late, without):
        done = visit({f"{AS}/authorize": html(body)})
        assert len(done.sends) == 1
        assert done.human


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/approve?t=1">Yes, <em>connect</em></a> <a href="/deny?t=1">Deny</a>',
        "<a href=/approve?t=1>Authorize</a><a href=https://docs.example/allow>Allow?</a>",
        f'<a href="{DONE}">If you are not redirected, click here</a><a href=/help>Help</a>',
        f'<a href="{CALLBACK}?error=access_denied">No</a><a href="approve?t=1">Approve</a>',
    ],
)
def test_consent_by_link_is_followed(link: str) -> None:
    done = visit({f"{AS}/authorize": page(link), f"{AS}/approve": redirect(DONE)})
    assert done.result is not None
    assert done.sends[1].method == "GET"


def test_a_link_that_carries_an_error_is_not_consent() -> None:
    link = f'<a href="{CALLBACK}?error=access_denied">Continue to Claude</a>'
    done = visit({f"{AS}/authorize": page(link)})
    assert done.result is None
    assert done.human


def test_an_open_question_comes_before_a_link_but_a_search_box_does_not() -> None:
    link = "<a href=/approve>Continue with single sign-on</a>"
    web = {f"{AS}/approve": redirect(DONE)}
    ask = "<form method=post><input type=email name=mail><button>Next</button></form>"
    assert visit({**web, f"{AS}/authorize": page(ask + link)}).human.data["fields"] == ["mail"]
    search = "<form><input name=q><button>Search</button></form>"
    assert visit({**web, f"{AS}/authorize": page(search + link)}).result is not None


def test_two_approving_links_are_for_a_person() -> None:
    link = "<a href=/approve?as=1>Continue as Ann</a><a href=/approve?as=2>Continue as Bob</a>"
    done = visit({f"{AS}/authorize": page(link)})
    assert done.result is None
    assert done.human


@pytest.mark.parametrize("key", ["redirect_uri", "redirectTo", "location", "url"])
def test_a_consent_answered_with_json_is_named(key: str) -> None:
    def authorize(send: Send) -> Response:
        if send.method == "GET":
            return consent(ALLOW, DENY)
        body = f'{{"{key}": "{DONE}"}}'
        return Response(
            status=200, headers=(("content-type", "application/json"),), body=body.encode()
        )

    done = visit({f"{AS}/authorize": authorize})
    assert done.result is None
    assert f"JSON that names {key} {CALLBACK}" in done.human.text
    assert "abc" not in str(done.human)


@pytest.mark.parametrize(
    ("body", "media_type", "text"),
    [
        (b'{"error": "invalid_request", "error_description": "bad redirect_uri"}',
         "application/json", "the sign-in answered 400: invalid_request: bad redirect_uri"),
        (b"<html><title>Oops</title><body><p>Client\x1b[2J unknown", "text/html",
         "the sign-in answered 400: Oops"),
        (b"<p>Unregistered client<p>more", "text/html",
         "the sign-in answered 400: Unregistered client"),
        (b"\nno such client\nline", "text/plain", "the sign-in answered 400: no such client"),
        (b"", "", "the sign-in answered 400"),
        (b"\x00\xff\xfe", "image/png", "the sign-in answered 400"),
    ],
)  # fmt: skip
def test_an_error_page_is_a_fact_not_a_call_for_a_person(
    body: bytes, media_type: str, text: str
) -> None:
    answer = Response(status=400, headers=(("Content-Type", media_type),), body=body)
    done = visit({f"{AS}/authorize": answer})
    note = done.note(NoteKind.DECISION)
    assert done.result is None
    assert (note.step, note.text, note.data["login_error"]) == (Step.AUTHORIZE, text, 400)


def test_an_error_after_the_first_page_belongs_to_the_login() -> None:
    def authorize(send: Send) -> Response:
        return html("<h1>Boom", status=500) if send.method == "POST" else consent(ALLOW)

    note = visit({f"{AS}/authorize": authorize}).note(NoteKind.DECISION)
    assert (note.step, note.data["login_error"]) == (Step.LOGIN, 500)


@pytest.mark.parametrize("status", [200, 204, 304, 302])
def test_an_answer_without_a_page_needs_a_person(status: int) -> None:
    done = visit({f"{AS}/authorize": Response(status=status)})
    assert done.result is None
    assert f"answered {status} with no page" in done.human.text


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ("claude://callback?code=1", "a claude: address"),
        ("JavaScript:alert(1)", "a javascript: address"),
        ("file:///etc/passwd", "a file: address"),
        ("https://[", "no address"),
        ("https://exa mple/", "no address"),
        ("https://", "without a host"),
    ],
)
def test_only_web_addresses_are_sent(target: str, named: str) -> None:
    form = f'<form method=post action="{target}"><button>Allow</button></form>'
    for answer in (redirect(target), page(form)):
        done = visit({f"{AS}/authorize": answer})
        assert done.result is None
        assert len(done.sends) == 1
        assert named in done.human.text
    done = visit({}, url=target)
    assert done.sends == []
    assert named in done.human.text


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<form method=post><input name=a value=1><div class=g-recaptcha></div><button>Log in"
         "</button></form>", "CAPTCHA"),
        ("<script>navigator.credentials.get({publicKey: o})</script>", "passkey"),
        ("<iframe src=https://idp.example/login></iframe>", "frame"),
        ("<p>Check your mail", "nothing to press"),
        ("<form method=post><input name=_ type=hidden><button>Red</button><button>Blue</button>",
         "“Red”, “Blue”"),
        ("<form method=post><button>Cancel</button></form>", "no form that clearly goes on"),
        ("<form><input name=u value=a><input type=password name=p value=b><button>Log in",
         "script"),
        ("<form method=post><input type=hidden name=t><button type=button>Allow</button></form>",
         "script"),
    ],
)  # fmt: skip
def test_what_only_a_person_or_a_browser_can_do(body: str, why: str) -> None:
    done = visit({f"{AS}/authorize": page(body)})
    assert done.result is None
    assert len(done.sends) == 1
    assert why in done.human.text


def test_a_failure_ends_the_sign_in_and_names_the_host() -> None:
    web = {
        f"{AS}/authorize": redirect("https://idp.example/x"),
        "https://idp.example/x": Failure(FailureKind.TIMEOUT, "no answer in 10 s"),
    }
    done = visit(web)
    note = done.note(NoteKind.DECISION)
    assert done.result is None
    assert note.step is Step.LOGIN
    assert "idp.example" in note.text
    assert "timeout" in note.text


def test_a_host_that_is_not_allowed_needs_a_person() -> None:
    body = '<form action="https://accounts.example/o" method=post><button>Sign in with Acc</button>'
    done = visit({f"{AS}/authorize": page(body)})
    assert done.result is None
    assert done.human.text == "the sign-in leaves for accounts.example, which needs a person"


def test_relative_addresses_start_from_the_base_element() -> None:
    body = (
        '<BASE HREF="/app/&#x6F;auth/"><FORM METHOD=Post ACTION=go?a=1&amp;b=2>'
        "<INPUT TYPE=Hidden NAME=t VALUE=1><INPUT TYPE=SUBMIT VALUE='Accept &amp; go'></FORM>"
    )
    done = visit({f"{AS}/authorize": html(body), f"{AS}/app/oauth/go": redirect(DONE)})
    assert done.result is not None
    assert done.sends[1].url == f"{AS}/app/oauth/go?a=1&b=2"


def test_a_get_form_replaces_the_query_of_its_action() -> None:
    body = "<form action='/c?old=1'><input name=t value='a b'><button name=ok>Agree</button></form>"
    done = visit({f"{AS}/authorize": page(body), f"{AS}/c": redirect(DONE)})
    assert done.sends[1].url == f"{AS}/c?t=a+b&ok="
    assert header(done.sends[1], "Origin") is None


def test_text_shown_to_a_person_is_harmless() -> None:
    text = "Wel\x1b]0;owned\x07come\u202e\u2066 evil\x9b31m\u200b\x00\r\n\tend"
    done = visit({f"{AS}/authorize": page(text, title="T\x1b[2J\u202eitle\x85")})
    shown = f"{done.human.text}{done.human.data['text']}{done.human.data['title']}"
    assert not set(shown) & set("\x1b\x07\u202e\u2066\x9b\u200b\x85\x00\r\n")
    assert done.human.data["title"] == "T itle"


def test_hostile_markup_ends_with_a_note() -> None:
    deep = "<div>" * 100_000 + "<form method=post action=/x><button>Allow</button>"
    large = "<p>x</p>" * 1_300_000
    for body in (deep, large, "<form" * 1000, "<![foo", "<!--", "<a href='" * 5000, "\x00" * 999):
        done = visit({f"{AS}/authorize": html(body)})
        assert done.result is None
        assert done.human


def test_the_first_request_is_the_authorization_request() -> None:
    done = visit({f"{AS}/authorize": redirect(DONE)})
    assert done.sends[0].url == AUTHORIZE
    assert urlsplit(done.sends[0].url).query == "client_id=c1&state=s1"
    assert [name for name, _ in done.sends[0].headers] == ["Host", "User-Agent", "Accept"]
