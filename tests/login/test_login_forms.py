"""The right form, button and values are chosen, and what is missing is named."""

from collections.abc import Mapping

import pytest

from harness.login.elements import Form
from harness.login.forms import Entry, choose_button, choose_form, fill
from harness.login.page import parse
from harness.login.submission import Submission, submission
from harness.login.words import Stance, stance


def chosen(markup: str, answers: Mapping[str, str] | None = None) -> Form | None:
    return choose_form(parse(markup), answers or {})


def entries(controls: str, **answers: str) -> list[tuple[str, str]]:
    form = chosen(f"<form>{controls}</form>", answers)
    assert form is not None
    return [(name, value) for name, value, _ in fill(form, choose_button(form), answers).entries]


def missing(controls: str, **answers: str) -> tuple[str, ...]:
    form = chosen(f"<form>{controls}</form>", answers)
    assert form is not None
    return fill(form, choose_button(form), answers).missing


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Allow Access", Stance.APPROVES),
        ("AUTHORIZE", Stance.APPROVES),
        ("I agree", Stance.APPROVES),
        ("Yes, continue", Stance.APPROVES),
        ("Log in", Stance.GOES_ON),
        ("LogIn", Stance.GOES_ON),
        ("Next →", Stance.GOES_ON),
        ("Disallow", Stance.REFUSES),
        ("Don’t allow", Stance.REFUSES),
        ("Do not allow", Stance.REFUSES),
        ("No, thanks", Stance.REFUSES),
        ("Back to sign in", Stance.REFUSES),
        ("Log in with a different account", Stance.REFUSES),
        ("Sign out", Stance.REFUSES),
        ("Now", Stance.NEUTRAL),
        ("Feedback", Stance.NEUTRAL),
        ("Search", Stance.NEUTRAL),
        ("", Stance.NEUTRAL),
        ("Zugriff erlauben", Stance.APPROVES),
        ("Nicht erlauben", Stance.REFUSES),
        ("Autoriser l’accès", Stance.APPROVES),
        ("許可する", Stance.APPROVES),
        ("許可しない", Stance.REFUSES),
        ("不同意", Stance.REFUSES),
        ("ログイン", Stance.GOES_ON),
    ],
)
def test_what_a_label_promises(label: str, expected: Stance) -> None:
    assert stance(label) is expected


@pytest.mark.parametrize(
    ("label", "value", "name", "expected"),
    [
        ("", "approve", "decision", Stance.APPROVES),
        ("Go", "allow", "approve_or_deny", Stance.APPROVES),
        ("Go", "1", "accept", Stance.APPROVES),
        ("Go", "allowAccess", "", Stance.APPROVES),
        ("Go", "1", "cancel", Stance.REFUSES),
        ("Go", "false", "approval", Stance.REFUSES),
        ("Continue as Ann", "0", "account", Stance.GOES_ON),
        ("Continue", "deny", "action", Stance.REFUSES),
        ("Allow", "yes", "no_script", Stance.APPROVES),
    ],
)
def test_value_and_name_tell_where_the_label_does_not(
    label: str, value: str, name: str, expected: Stance
) -> None:
    assert stance(label, value=value, name=name) is expected


def test_a_login_form_comes_before_search_and_other_forms() -> None:
    markup = """<form id=1><input name=q><button>Submit</button></form>
    <form id=2><input type=password name=p><button>Enter</button></form>
    <form id=3><button>Continue with X</button></form>"""
    form = chosen(markup)
    assert form is not None
    assert form.has_password
    known = chosen(markup, {"q": "x"})
    assert known is not None
    assert known.controls[0].name == "q"


def test_approval_comes_before_going_on_and_refusal_never() -> None:
    form = chosen(
        "<form><button>Cancel</button></form><form><button>Continue</button></form>"
        "<form><button>Approve</button></form>"
    )
    assert form is not None
    assert form.buttons[0].label == "Approve"
    assert chosen("<form><button>Deny</button></form>") is None
    assert chosen("<form><button>A</button></form><form><button>B</button></form>") is None
    assert chosen("<form method=dialog><button>OK</button></form>") is None


def test_a_button_is_pressed_only_when_it_is_clear_which() -> None:
    def pressed(buttons: str) -> str | None:
        form = chosen(f"<form>{buttons}</form>")
        button = choose_button(form) if form else None
        return button.label if button else None

    assert pressed("<button>Deny</button><button>Allow</button>") == "Allow"
    assert pressed("<button>Allow</button><button>Continue</button>") == "Allow"
    assert pressed("<button>Cancel</button><button>Go</button>") == "Go"
    assert pressed("<button>Red</button><button>Blue</button>") is None
    assert pressed("<input type=password name=p><button>Enter</button><button>Blue") == "Enter"


def test_every_kind_of_control_sends_what_a_browser_sends() -> None:
    controls = """
    <input type=hidden name=h value=1><input name=t value=pre><input name=empty type=search>
    <input type=checkbox name=c1 checked><input type=checkbox name=c2 value=v>
    <input type=radio name=r value=a><input type=radio name=r value=b checked>
    <input type=radio name=r2 value=x><input type=radio name=r2 value=y>
    <select name=s><option disabled>none<option value=1>one<option value=2>two</select>
    <select name=m multiple><option value=1 selected>one<option value=2 selected>two</select>
    <textarea name=ta>text</textarea><input type=file name=f><input value=unnamed>
    <button type=button name=b value=b>b</button><input type=image name=i alt=Allow>
    <button name=other value=1>Other</button>"""
    assert entries(controls) == [
        ("h", "1"),
        ("t", "pre"),
        ("empty", ""),
        ("c1", "on"),
        ("r", "b"),
        ("r2", "x"),
        ("s", "1"),
        ("m", "1"),
        ("m", "2"),
        ("ta", "text"),
        ("f", ""),
        ("i.x", "0"),
        ("i.y", "0"),
    ]


def test_answers_reach_every_kind_of_visible_control() -> None:
    controls = """
    <input type=hidden name=h value=1><input name=User id=u value=pre><input name=e id=Mail>
    <input type=checkbox name=c1 checked><input type=checkbox name=c2 value=v>
    <input type=checkbox name=c3 value=p><input type=checkbox name=c3 value=q>
    <input type=radio name=r value=a checked><input type=radio name=r value=b>
    <select name=s><option value=1>one<option value=2>two</select>"""
    assert entries(
        controls, h="no", user="ann", mail="m", c1="off", c2="yes", c3="q", r="b", s="two"
    ) == [("h", "1"), ("User", "ann"), ("e", "m"), ("c2", "v"), ("c3", "q"), ("r", "b"), ("s", "2")]


def test_what_is_missing_is_named_once() -> None:
    assert missing(
        """<input name=u><input type=email name=m><input type=password name=p value="">
        <input type=password name=p><input type=tel name=t><input type=number name=n required>
        <input type=number name=n2><input name=kept readonly><input name=set value=1>
        <input name=trap style="display:none"><input type=hidden name=h required>
        <select name=s required><option value="">choose<option>a</select>
        <input type=checkbox name=terms required><textarea name=note></textarea>"""
    ) == ("u", "m", "p", "t", "n", "s", "terms")


def test_an_empty_answer_is_an_answer() -> None:
    assert missing("<input name=u><input type=password name=p>", u="", P="") == ()


def test_a_consent_page_gets_its_required_boxes_and_scopes() -> None:
    spring = """<input type=hidden name=state value=s>
    <input type=checkbox name=scope value=read><input type=checkbox name=scope value=write>
    <input type=checkbox name=terms required><input type=checkbox name=news>
    <button type=submit>Submit Consent</button><button type=reset>Cancel</button>"""
    assert entries(spring) == [
        ("state", "s"),
        ("scope", "read"),
        ("scope", "write"),
        ("terms", "on"),
    ]
    chosen_by_page = spring.replace("value=read", "value=read checked")
    assert ("scope", "write") not in entries(chosen_by_page)
    assert ("scope", "read") not in entries(spring, scope="write")


def sent(form: str, button: int | None, *pairs: tuple[str, str]) -> Submission:
    [parsed] = parse(form).forms
    return submission(
        parsed,
        button=parsed.buttons[button] if button is not None else None,
        entries=[Entry(name, value) for name, value in pairs],
        encoding="utf-8",
    )


def test_forms_are_encoded_as_the_url_standard_says() -> None:
    body = sent("<form method=post>", None, ("a b", "1&2=~*é"), ("n", "x\ny\r\nz"), ("e", "")).body
    assert body == b"a+b=1%262%3D%7E*%C3%A9&n=x%0D%0Ay%0D%0Az&e="
    [parsed] = parse("<form method=post>").forms
    latin = submission(parsed, button=None, entries=[Entry("a", "é€☃\ud800")], encoding="cp1252")
    assert latin.body == b"a=%E9%80%26%239731%3B%26%2365533%3B"


def test_multipart_has_a_boundary_of_its_own() -> None:
    form = '<form method=POST enctype="multipart/form-data" action=" /x "><button></button>'
    [parsed] = parse(form).forms
    made = submission(
        parsed, button=None, entries=[Entry('a"\n', "1"), Entry("f", "", True)], encoding="utf-8"
    )
    boundary = (made.content_type or "").partition("boundary=")[2]
    assert made.action == "/x"
    assert made.body.decode() == (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="a%22%0D%0A"\r\n\r\n1\r\n'
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="f"; filename=""\r\n'
        "Content-Type: application/octet-stream\r\n\r\n\r\n"
        f"--{boundary}--\r\n"
    )


def test_the_button_overrides_its_form() -> None:
    form = """<form action=/a method=get enctype=text/plain>
    <button formaction=/b formmethod=POST formenctype=bogus></button>
    <button formaction="" formmethod=dialogue></button></form>"""
    first = sent(form, 0, ("x", "1"))
    assert (first.method, first.action, first.body) == ("POST", "/b", b"x=1")
    assert first.content_type == "application/x-www-form-urlencoded"
    second = sent(form, 1, ("x", "1"))
    assert (second.method, second.action, second.body) == ("GET", "/a", b"")
