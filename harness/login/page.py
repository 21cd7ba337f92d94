"""Reads an HTML page into its forms, links and text, whatever the markup is like."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from harness.login.elements import Control, Form, Link, Option, Page
from harness.login.markup import End, Event, Start, Text, events
from harness.login.text import clean, decode
from harness.model.trace import Message

_LONGEST_TEXT = 4000
_LONGEST_LABEL = 200
_MOST_LINES = 400
_MOST_PARTS = 1000
"""Forms, links, or controls that are kept."""
_LONGEST_REFRESH = 30
"""Seconds: a page that renews itself later than this is not a redirect."""

_CONTROLS = frozenset(("input", "button", "select", "textarea"))
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "big", "cite", "code", "em", "font", "i", "img", "input", "kbd"}
    | {"label", "mark", "s", "small", "span", "strong", "sub", "sup", "u", "var", "wbr"}
)
_CAPTCHAS = frozenset(("g-recaptcha", "h-captcha", "cf-turnstile", "frc-captcha"))
_CAPTCHA_FRAMES = ("/recaptcha/", "hcaptcha.com", "challenges.cloudflare.com", "arkoselabs.com")


def read(message: Message) -> Page:
    """The page in a response body; never raises."""
    markup, encoding = decode(message)
    return replace(parse(markup), encoding=encoding)


def parse(markup: str) -> Page:
    """A page from its markup; never raises, whatever it is given."""
    found = events(markup)
    starts = [one for one in found if isinstance(one, Start)]
    live = [one for one in starts if not one.context.inert]
    return Page(
        title=_title(found),
        lines=tuple(_lines(found)),
        alert=clean(" ".join(one.text for one in _seen(found) if one.context.alert), _LONGEST_TEXT),
        base=next((one.get("href") for one in live if one.tag == "base" and one.has("href")), ""),
        forms=_forms(found),
        links=tuple(_links(found)),
        refresh=next((target for one in live if (target := _refresh(one))), None),
        scripts=any(one.tag == "script" for one in live),
        frames=any(_is_frame(one) for one in starts),
        captcha=any(_is_captcha(one) for one in starts),
        passkey=any(_asks_for_passkey(one) for one in found),
    )


def _title(found: Sequence[Event]) -> str:
    for index, event in enumerate(found):
        match event:
            case Start(tag="title", context=context) if not context.drawing and not context.inert:
                return clean(_text(_content(found, index)), _LONGEST_LABEL)
    return ""


def _seen(found: Iterable[Event]) -> Iterator[Text]:
    for event in found:
        match event:
            case Text(context=context) if not (context.silent or context.unseen or context.inert):
                yield event


def _lines(found: Iterable[Event]) -> Iterator[str]:
    """What the page says, a line for each block."""
    pieces: list[str] = []
    left = _LONGEST_TEXT
    count = 0
    for event in (*found, End("body")):
        match event:
            case Text(text) if any(_seen([event])):
                pieces.append(text)
            case Start(tag) | End(tag) if tag not in _INLINE and pieces:
                line = clean("".join(pieces), left)
                pieces.clear()
                if line:
                    yield line
                    left -= len(line) + 1
                    count += 1
        if left <= 0 or count >= _MOST_LINES:
            return


def _content(found: Sequence[Event], index: int) -> Iterator[Event]:
    """What is inside the element that starts at `index`.

    It ends at its end tag, or at a start tag that cannot be inside it, so that reading all
    controls or links of a page stays linear.
    """
    opener = found[index]
    tag = opener.tag if isinstance(opener, Start) else ""
    for position in range(index + 1, len(found)):
        event = found[position]
        match event:
            case End(tag=ending) if ending == tag:
                return
            case Start(tag=inner) if inner == tag or (tag in _CONTROLS and inner in _CONTROLS):
                return
        yield event


def _text(content: Iterable[Event], *, shown_only: bool = False) -> str:
    pieces: list[str] = []
    for event in content:
        match event:
            case Text(text, context) if not (shown_only and context.silent):
                pieces.append(text)
            case Start(tag="img"):
                pieces.append(f" {event.get('alt')} ")
            case Start(tag) | End(tag) if tag not in _INLINE:
                pieces.append(" ")
    return "".join(pieces)


def _label(found: Sequence[Event], index: int, start: Start) -> str:
    text = clean(_text(_content(found, index), shown_only=True), _LONGEST_LABEL)
    return text or clean(start.get("aria-label") or start.get("title"), _LONGEST_LABEL)


def _links(found: Sequence[Event]) -> Iterator[Link]:
    count = 0
    for index, event in enumerate(found):
        match event:
            case Start(tag="a", context=context) if event.has("href") and not context.inert:
                if not context.unseen:
                    yield Link(event.get("href"), _label(found, index, event))
                    count += 1
        if count >= _MOST_PARTS:
            return


def _forms(found: Sequence[Event]) -> tuple[Form, ...]:
    """The forms with their controls, in order; a form inside a form is not one.

    A control belongs to the form its `form` attribute names, or to the open one.
    """
    forms: list[Form] = []
    named: dict[str, int] = {}
    owned: list[tuple[str | int | None, Control]] = []
    current: int | None = None
    for index, event in enumerate(found):
        match event:
            case Start(tag="form", context=context) if current is None and not context.inert:
                current = len(forms)
                named.setdefault(event.get("id"), current)
                forms.append(_form(event))
            case End(tag="form"):
                current = None
            case Start(tag) if tag in _CONTROLS and _is_enabled(event):
                owner = event.get("form") if event.has("form") else current
                owned.append((owner, _control(found, index, event)))
        if len(forms) >= _MOST_PARTS or len(owned) >= _MOST_PARTS:
            break
    named.pop("", None)
    controls: dict[int | None, list[Control]] = {}
    for owner, control in owned:
        number = named.get(owner) if isinstance(owner, str) else owner
        controls.setdefault(number, []).append(control)
    return tuple(
        replace(form, controls=tuple(controls.get(number, ()))) for number, form in enumerate(forms)
    )


def _is_enabled(start: Start) -> bool:
    return not (start.context.disabled or start.context.inert or start.has("disabled"))


def _form(start: Start) -> Form:
    return Form(
        action=start.get("action"),
        method=start.get("method").strip().lower(),
        encoding=start.get("enctype").strip().lower(),
    )


def _control(found: Sequence[Event], index: int, start: Start) -> Control:
    control = Control(
        kind=start.get("type").strip().lower(),
        name=start.get("name"),
        identifier=start.get("id"),
        value=start.get("value"),
        checked=start.has("checked"),
        required=start.has("required") or start.get("aria-required").lower() == "true",
        read_only=start.has("readonly"),
        hidden=start.context.unseen,
        form_action=start.attributes.get("formaction"),
        form_method=start.attributes.get("formmethod"),
        form_encoding=start.attributes.get("formenctype"),
    )
    match start.tag:
        case "input":
            return _input(control, start)
        case "button":
            kind = control.kind if control.kind in ("button", "reset") else "submit"
            return replace(control, kind=kind, label=_label(found, index, start))
        case "select":
            kind = "select-multiple" if start.has("multiple") else "select"
            return replace(control, kind=kind, options=tuple(_options(found, index)))
        case _:
            text = _text(_content(found, index)).removeprefix("\r").removeprefix("\n")
            return replace(control, kind="textarea", value=text)


def _input(control: Control, start: Start) -> Control:
    kind = control.kind or "text"
    match kind:
        case "submit" | "button" | "reset":
            label = start.get("value") or start.get("aria-label") or kind
            return replace(control, label=clean(label, _LONGEST_LABEL))
        case "image":
            return replace(control, label=clean(start.get("alt"), _LONGEST_LABEL))
        case "checkbox" | "radio" if not start.has("value"):
            return replace(control, value="on")
        case "hidden":
            return replace(control, hidden=True)
    return replace(control, kind=kind)


def _options(found: Sequence[Event], index: int) -> Iterator[Option]:
    content = list(_content(found, index))
    for position, event in enumerate(content[:_MOST_PARTS]):
        match event:
            case Start(tag="option"):
                label = " ".join(_text(_content(content, position)).split())
                value = event.attributes.get("value", label)
                yield Option(value, label, event.has("selected"), event.has("disabled"))


def _refresh(start: Start) -> str | None:
    """Where a meta refresh leads soon (HTML, section 4.2.5.3); not one for lack of scripts."""
    if start.tag != "meta" or start.context.fallback:
        return None
    if start.get("http-equiv").strip().lower() != "refresh":
        return None
    return refresh_target(start.get("content"))


def refresh_target(content: str) -> str | None:
    """Where a refresh header or meta element leads, None when nowhere or much later."""
    delay, _, rest = content.strip().replace(",", ";", 1).partition(";")
    seconds = delay.strip().partition(".")[0]
    if not (seconds == "" or (seconds.isdecimal() and len(seconds) < 9)):
        return None
    if int(seconds or 0) > _LONGEST_REFRESH:
        return None
    target = rest.strip()
    if target[:3].lower() == "url":
        name, equals, value = target.partition("=")
        target = value.strip() if equals and name.strip().lower() == "url" else target
    if target[:1] in ("'", '"'):
        target = target[1:].partition(target[0])[0]
    return target or None


def _is_frame(start: Start) -> bool:
    return start.tag in ("iframe", "frame") and bool(start.get("src")) and not start.context.unseen


def _is_captcha(start: Start) -> bool:
    if not _CAPTCHAS.isdisjoint(start.get("class").lower().split()):
        return True
    source = start.get("src").lower() if start.tag == "iframe" else ""
    return any(part in source for part in _CAPTCHA_FRAMES)


def _asks_for_passkey(event: Event) -> bool:
    match event:
        case Text(text, context) if context.silent:
            return "navigator.credentials" in text
        case Start(tag="input"):
            return "webauthn" in event.get("autocomplete").lower()
    return False
