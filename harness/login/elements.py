"""The parts of a page that a sign-in can act on, as plain data."""

from dataclasses import dataclass

SUBMITTING = ("submit", "image")
"""The types of control that send their form."""


@dataclass(frozen=True)
class Option:
    """One choice of a select."""

    value: str
    label: str
    selected: bool = False
    disabled: bool = False


@dataclass(frozen=True, kw_only=True)
class Control:
    """One field or button of a form, as the page sends it.

    `kind` is the type of an input or button, or `select`, `select-multiple`, `textarea`.
    The three `form...` values are set only on a submitting control that overrides its form.
    """

    kind: str
    name: str = ""
    identifier: str = ""
    value: str = ""
    label: str = ""
    checked: bool = False
    required: bool = False
    read_only: bool = False
    hidden: bool = False
    """Not visible to a person: a hidden input, or inside something that is not shown."""
    options: tuple[Option, ...] = ()
    form_action: str | None = None
    form_method: str | None = None
    form_encoding: str | None = None

    @property
    def submits(self) -> bool:
        return self.kind in SUBMITTING


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form with its controls in tree order, disabled ones left out."""

    action: str = ""
    method: str = ""
    encoding: str = ""
    controls: tuple[Control, ...] = ()

    @property
    def buttons(self) -> list[Control]:
        return [control for control in self.controls if control.submits]

    @property
    def has_password(self) -> bool:
        return any(one.kind == "password" and not one.hidden for one in self.controls)


@dataclass(frozen=True)
class Link:
    target: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """An HTML page, reduced to what matters for a sign-in.

    Texts are cleaned for display; attribute values are as the page has them.
    """

    title: str = ""
    lines: tuple[str, ...] = ()
    alert: str = ""
    """The text of elements marked as an error or alert."""
    base: str = ""
    encoding: str = "utf-8"
    forms: tuple[Form, ...] = ()
    links: tuple[Link, ...] = ()
    refresh: str | None = None
    """Where a meta refresh leads without a long delay."""
    scripts: bool = False
    frames: bool = False
    captcha: bool = False
    passkey: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.lines)
