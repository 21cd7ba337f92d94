"""Which form of a sign-in page to fill, with what, and which button to press."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.login.elements import Control, Form, Page
from harness.login.words import Stance, stance

_ASKED_FOR = frozenset(("password", "email", "text", "tel"))
"""Kinds of field that a person fills, also where the page does not require it."""
_UNTYPED = frozenset(
    ("hidden", "submit", "image", "button", "reset", "checkbox", "radio", "file", "select")
) | {"select-multiple"}
_UNTICKING = frozenset(("", "false", "off", "no", "0"))


class Entry(NamedTuple):
    """One name and value that a form sends."""

    name: str
    value: str
    is_file: bool = False


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What the form would send; `missing` names the fields that still need an answer."""

    entries: tuple[Entry, ...]
    missing: tuple[str, ...]


def answer(control: Control, answers: Mapping[str, str]) -> str | None:
    """The answer given for a control: by its name, its name in any case, or its id."""
    for key in (control.name, control.identifier):
        if key and key in answers:
            return answers[key]
    wanted = {key.casefold() for key in (control.name, control.identifier) if key}
    return next((value for key, value in answers.items() if key.casefold() in wanted), None)


def choose_form(page: Page, answers: Mapping[str, str]) -> Form | None:
    """The form that leads on, None when none or several could.

    First choice is one that asks for a password or for something we have an answer to, then one
    with an approving button, then the only one.
    """
    forms = [form for form in page.forms if form.method != "dialog" and not _only_refuses(form)]
    asking = [form for form in forms if form.has_password or _answered(form, answers)]
    if asking:
        return max(asking, key=lambda form: (_answered(form, answers), form.has_password))
    best = max(forms, key=promise, default=None)
    if best is None or promise(best) > Stance.NEUTRAL or len(forms) == 1:
        return best
    return None


def _answered(form: Form, answers: Mapping[str, str]) -> int:
    return sum(
        not one.hidden and one.kind not in ("button", "reset") and answer(one, answers) is not None
        for one in form.controls
    )


def promise(form: Form) -> Stance:
    """The best that a button of the form does."""
    return max(map(stance_of, form.buttons), default=Stance.NEUTRAL)


def _only_refuses(form: Form) -> bool:
    return bool(form.buttons) and promise(form) is Stance.REFUSES


def stance_of(button: Control) -> Stance:
    return stance(button.label, value=button.value, name=button.name)


def choose_button(form: Form) -> Control | None:
    """The button to press, None when the form has none that leads on for sure."""
    buttons = [button for button in form.buttons if stance_of(button) is not Stance.REFUSES]
    best = max(buttons, key=stance_of, default=None)
    if best is None or stance_of(best) > Stance.NEUTRAL or len(buttons) == 1 or form.has_password:
        # On a login form without a telling label the first button is what Enter presses.
        return best
    return None


def is_consent(form: Form) -> bool:
    """True for a form that asks for nothing but approval."""
    typed = any(not one.hidden and one.kind not in _UNTYPED for one in form.controls)
    return not typed and promise(form) > Stance.NEUTRAL


def fill(form: Form, button: Control | None, answers: Mapping[str, str]) -> Filled:
    """The entries of a form as a browser lists them (HTML, constructing the entry list)."""
    entries: list[Entry] = []
    missing: list[str] = []
    chosen = _chosen_radios(form, answers)
    ticked = _ticked_boxes(form, answers)
    for control in form.controls:
        untouched = control.kind != "checkbox" or control not in ticked
        if untouched and lacks_answer(control, answers):
            missing.append(control.name)
        match control.kind:
            case "submit" | "image":
                entries += _pressed(control) if control is button else ()
            case "radio":
                entries += [Entry(control.name, control.value)] if control in chosen else ()
            case "checkbox":
                entries += [Entry(control.name, control.value)] if control in ticked else ()
            case _:
                entries += _entries(control, answers)
    return Filled(
        entries=tuple(entry for entry in entries if entry.name),
        missing=tuple(dict.fromkeys(missing)),
    )


def lacks_answer(control: Control, answers: Mapping[str, str]) -> bool:
    """True for an empty field that a person would have to fill."""
    if not control.name or control.hidden or control.read_only:
        return False
    if answer(control, answers) is not None:
        return False
    match control.kind:
        case "select":
            return control.required and _selected(control, None) in ([], [""])
        case "file" | "checkbox":
            return control.required
        case kind if kind in _UNTYPED:
            return False
        case kind:
            return not control.value and (control.required or kind in _ASKED_FOR)


def _pressed(button: Control) -> Sequence[Entry]:
    if button.kind == "image":
        prefix = f"{button.name}." if button.name else ""
        return (Entry(f"{prefix}x", "0"), Entry(f"{prefix}y", "0"))
    return (Entry(button.name, button.value),)


def _entries(control: Control, answers: Mapping[str, str]) -> Iterator[Entry]:
    given = None if control.hidden else answer(control, answers)
    match control.kind:
        case "button" | "reset":
            return
        case "file":
            yield Entry(control.name, "", is_file=True)
        case "select" | "select-multiple":
            for value in _selected(control, given):
                yield Entry(control.name, value)
        case _:
            yield Entry(control.name, control.value if given is None else given)


def _selected(control: Control, given: str | None) -> list[str]:
    """The values of the answered, else the selected, else (of a plain select) the first option."""
    usable = [option for option in control.options if not option.disabled]
    if given is not None:
        matching = [one.value for one in usable if given in (one.value, one.label)]
        if matching:
            return matching[:1]
    selected = [option.value for option in usable if option.selected]
    if control.kind == "select-multiple":
        return selected
    return (selected[-1:] or [option.value for option in usable])[:1]


def _chosen_radios(form: Form, answers: Mapping[str, str]) -> set[Control]:
    groups: dict[str, list[Control]] = {}
    for control in form.controls:
        if control.kind == "radio":
            groups.setdefault(control.name, []).append(control)
    return {_chosen_radio(group, answers) for group in groups.values()}


def _chosen_radio(group: list[Control], answers: Mapping[str, str]) -> Control:
    answered = [one for one in group if answer(one, answers) == one.value]
    checked = [one for one in group if one.checked]
    return (answered or checked[-1:] or group)[0]


def _ticked_boxes(form: Form, answers: Mapping[str, str]) -> set[Control]:
    """The boxes that are sent: as answered, else as the page has them, else as approval needs.

    Whoever approves a consent page ticks what it requires, and the scopes where none is ticked.
    """
    boxes = [control for control in form.controls if control.kind == "checkbox"]
    consent = is_consent(form)
    names = Counter(box.name for box in boxes)
    with_checked = {box.name for box in boxes if box.checked}
    ticked: set[Control] = set()
    for box in boxes:
        given = None if box.hidden else answer(box, answers)
        if given is not None:
            alone = names[box.name] == 1
            is_ticked = given == box.value or (alone and given.lower() not in _UNTICKING)
        else:
            wanted = box.required or ("scope" in box.name.lower() and box.name not in with_checked)
            is_ticked = box.checked or (consent and not box.hidden and wanted)
        if is_ticked:
            ticked.add(box)
    return ticked
