"""Pages are read as a browser reads them, and no markup makes the reader fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.login.elements import Form, Link, Option, Page
from harness.login.move import Here, Move, Stuck, next_move
from harness.login.page import parse, read, refresh_target
from harness.model.trace import Message

TAGS = (
    '<form|<form>|</form>|<input| name=a| value="|<button>|</button>|>|<select>|<option|<textarea>'
    "|</textarea>|<title>|<script>|</script>|<!--|-->|<![CDATA[|<![foo|]]>|<!DOCTYPE|<?|&#x110000;"
    "|&amp|'|<a href=/x>|</a>|<p class=error>|<base href='|<meta http-equiv=refresh content=|<svg>"
    "|<template>|<noscript>|<fieldset disabled>"
)
FRAGMENTS = st.sampled_from([*TAGS.split("|"), "\0", "\x1b[", "\ud800", "\u202e"])
MARKUP = st.lists(FRAGMENTS | st.text(max_size=12), max_size=60).map("".join)


def only_form(markup: str) -> Form:
    [form] = parse(markup).forms
    return form


def names(form: Form) -> list[str]:
    return [control.name for control in form.controls]


@given(MARKUP)
def test_no_markup_makes_the_reader_fail(markup: str) -> None:
    page = parse(markup)
    here = Here(page=page, url="https://a.example/", policy="", redirect_uri="https://b.example/")
    assert isinstance(next_move(here, {"a": "1"}), Move | Stuck)
    shown = page.title + page.text + page.alert
    assert shown.isprintable()
    assert not set(shown) & set("\x1b\u202e\ud800")


@given(st.binary(max_size=400), st.text(max_size=40))
def test_no_bytes_make_the_reader_fail(body: bytes, charset: str) -> None:
    message = Message(headers=(("content-type", f"text/html; charset={charset}"),), body=body)
    assert isinstance(read(message), Page)


@given(st.text(alphabet=st.characters(exclude_characters="\r\0", codec="utf-8"), max_size=60))
def test_attribute_values_come_back_whole(value: str) -> None:
    escaped = value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    [control] = only_form(f'<form><input name="n" value="{escaped}"></form>').controls
    assert control.value == value


def test_a_null_in_the_markup_is_replaced() -> None:
    [control] = only_form("<form><input name=n value='a\0b'></form>").controls
    assert control.value == "a\ufffdb"


def test_names_quotes_and_entities_in_any_style() -> None:
    form = only_form(
        "<FORM ACTION='/a?x=1&amp;y=2' METHOD=POST ENCTYPE=Multipart/Form-Data>"
        "<INPUT NAME=one VALUE=1><input name='two' value=\"&#50;\" Name=other/></FORM>"
    )
    assert (form.action, form.method, form.encoding) == (
        "/a?x=1&y=2",
        "post",
        "multipart/form-data",
    )
    assert [(one.name, one.value) for one in form.controls] == [("one", "1"), ("two", "2")]


def test_controls_belong_to_the_form_they_name_or_stand_in() -> None:
    first, second = parse(
        """<input name=free><input name=early form=b>
        <form id=a><input name=x><form id=c><input name=y form=b></form><input name=late>
        <form id=b><button name=z form=a></button><input name=lost form=nowhere></form>"""
    ).forms
    assert names(first) == ["x", "z"]
    assert names(second) == ["early", "y"]


def test_unclosed_forms_and_disabled_controls() -> None:
    form = only_form(
        "<div><form action=/x><fieldset disabled><input name=a></fieldset>"
        "<input name=b disabled><table><tr><td><p disabled><input name=c></div><input name=d>"
    )
    assert names(form) == ["c", "d"]


def test_selects_options_and_text_areas() -> None:
    select, many, area = only_form(
        """<form><select name=s><optgroup label=g><option>One <option value=2 selected>Two
        <option value=3 disabled>Three</select>
        <select name=m multiple><option value=a selected><option value=b selected></select>
        <textarea name=t>
 first <b>&amp;</b> <form> </textarea>"""
    ).controls
    assert select.options == (
        Option("One", "One"),
        Option("2", "Two", selected=True),
        Option("3", "Three", disabled=True),
    )
    assert [one.value for one in many.options] == ["a", "b"]
    assert (area.kind, area.value) == ("textarea", " first <b>&</b> <form> ")


def test_buttons_are_known_by_what_they_show() -> None:
    form = only_form(
        """<form><button><svg><title>icon</title></svg> Allow <b>access</b></button>
        <button type=BUTTON>Show</button><button type=reset>Reset</button>
        <input type=submit value=Go><input type=submit><input type=image alt=Yes name=i>
        <button aria-label="Sign in"><i></i></button><button>open <input name=q>"""
    )
    assert [(one.kind, one.label) for one in form.controls] == [
        ("submit", "Allow access"),
        ("button", "Show"),
        ("reset", "Reset"),
        ("submit", "Go"),
        ("submit", "submit"),
        ("image", "Yes"),
        ("submit", "Sign in"),
        ("submit", "open"),
        ("text", ""),
    ]


def test_what_is_not_shown_is_neither_text_nor_field() -> None:
    page = parse(
        """<title>Head</title><style>p{}</style><script>"<p>script</p>"</script>
        <template><form><input name=no></form></template><p hidden>secret</p>
        <form><div style="Display: None"><input name=trap></div><input name=seen></form>
        <p>One<br>two <span>three</span></p><p>four</p><!-- five --><select><option>six</select>"""
    )
    assert page.lines == ("One", "two three", "four")
    assert [(one.name, one.hidden) for one in page.forms[0].controls] == [
        ("trap", True),
        ("seen", False),
    ]


def test_links_titles_and_the_base() -> None:
    page = parse(
        """<svg><title>logo</title></svg><title> A &lt;b&gt;
        title </title><base target=x><base href=/b/><base href=/c/>
        <a name=x>no</a><a href="/one">One <img src=x alt=icon></a><a href=/two>Two"""
    )
    assert page.title == "A <b> title"
    assert page.base == "/b/"
    assert page.links == (Link("/one", "One icon"), Link("/two", "Two"))


@pytest.mark.parametrize(
    "markup",
    [
        "<p class='alert alert-error'>Wrong <b>password</b></p><p>Other</p>",
        "<div role=ALERT>Wrong password</div>other",
        "<p class=error_message>Wrong password<p>Other",
        "<ul class=errorlist><li>Wrong<li>password</ul>",
    ],
)
def test_errors_are_told_from_the_rest(markup: str) -> None:
    assert parse(markup).alert == "Wrong password"


def test_the_encoding_is_found_where_browsers_look() -> None:
    def of(body: bytes, content_type: str = "text/html") -> tuple[str, str]:
        page = read(Message(headers=(("content-type", content_type),), body=body))
        return page.text, page.encoding

    assert of("é".encode()) == ("é", "utf-8")
    assert of(b"\xe9", "text/html; charset=ISO-8859-1") == ("é", "cp1252")
    assert of(b'<meta charset="windows-1251">\xe9') == ("й", "cp1251")
    assert of("\ufeffé".encode("utf-16-le")) == ("é", "utf-8")
    assert of("é".encode(), "text/html; charset=base64") == ("é", "utf-8")
    assert of(b"+AGE-", "text/html; charset=utf-7") == ("+AGE-", "utf-8")


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0;url=/x", "/x"),
        ("5, URL = '/x y' ignored", "/x y"),
        (".5; /x", "/x"),
        ("0", None),
        ("0;", None),
        ("31; url=/x", None),
        ("soon; url=/x", None),
        ("-1; url=/x", None),
        ("9" * 400 + "; url=/x", None),
        ("0; url=url=3", "url=3"),
        ("0; urls/x", "urls/x"),
    ],
)
def test_where_a_refresh_leads(content: str, target: str | None) -> None:
    assert refresh_target(content) == target


def test_pages_beyond_reason_are_cut_not_followed() -> None:
    page = parse("<form>" + "<input name=x>" * 5000 + "</form>" + "<a href=/>x</a>" * 5000)
    assert len(page.forms[0].controls) <= 1000
    assert len(page.links) <= 1000
    assert len(parse("<p>" + "word " * 100_000).text) <= 4000
